package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

const nodeName = "bed-node"

// The kubelet, the scheduler and the container runtime of one endless node, as
// far as a controller can see them: every pod is bound to the node, runs at
// once, and is gone as soon as its deletion is asked for.
//
// An image tag chooses another fate:
//
//	:crash...     restarts for ever, never ready
//	:notready...  runs, never ready
//	:nopull...    the image cannot be pulled
//
// A pod whose restart policy is not Always (a Job's) is done at once instead.
type kubelet struct {
	server string
	token  string
	client *http.Client
}

type object = map[string]any

type pod struct {
	Metadata struct {
		Namespace         string `json:"namespace"`
		Name              string `json:"name"`
		UID               string `json:"uid"`
		ResourceVersion   string `json:"resourceVersion"`
		DeletionTimestamp string `json:"deletionTimestamp"`
	} `json:"metadata"`
	Spec struct {
		NodeName      string `json:"nodeName"`
		RestartPolicy string `json:"restartPolicy"`
		Containers    []struct {
			Name  string `json:"name"`
			Image string `json:"image"`
		} `json:"containers"`
	} `json:"spec"`
	Status struct {
		StartTime string `json:"startTime"`
	} `json:"status"`
}

type podList struct {
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	Items []pod `json:"items"`
}

func runKubelet(server, caFile, tokenFile string) error {
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return fmt.Errorf("%s: no certificate", caFile)
	}
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		return err
	}
	k := &kubelet{
		server: strings.TrimRight(server, "/"),
		token:  strings.TrimSpace(string(token)),
		client: &http.Client{Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots},
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: 5 * time.Second,
		}},
	}

	// The bed starts and stops the API server as it likes: whatever fails here
	// is tried again, from a fresh list.
	work := make(chan pod, 10_000)
	for range 8 {
		go func() {
			for p := range work {
				if err := k.settle(p); err != nil {
					log.Printf("pod %s/%s: %v", p.Metadata.Namespace, p.Metadata.Name, err)
				}
			}
		}()
	}
	registered := false
	for {
		var err error
		if !registered {
			err = k.register()
			registered = err == nil
		}
		if err == nil {
			err = k.follow(work)
		}
		if err != nil {
			log.Print(err)
			time.Sleep(200 * time.Millisecond)
		}
	}
}

// register creates the node. Its status is patched: the controller manager
// writes the node as well.
func (k *kubelet) register() error {
	node := object{"apiVersion": "v1", "kind": "Node", "metadata": object{
		"name":   nodeName,
		"labels": object{"kubernetes.io/hostname": nodeName, "kubernetes.io/os": "linux"},
	}}
	err := k.call("POST", "/api/v1/nodes", "application/json", node)
	if err != nil && !hasStatus(err, http.StatusConflict) {
		return err
	}
	room := object{"cpu": "100k", "memory": "100Ti", "ephemeral-storage": "100Ti", "pods": "100k"}
	status := object{"status": object{
		"capacity":    room,
		"allocatable": room,
		"conditions":  []object{condition("Ready", true, "KubeletReady")},
		"addresses":   []object{{"type": "Hostname", "address": nodeName}},
	}}
	err = k.call("PATCH", "/api/v1/nodes/"+nodeName+"/status", "application/strategic-merge-patch+json", status)
	if err == nil {
		log.Printf("node %s is ready", nodeName)
	}
	return err
}

// follow hands on every pod that there is and every change to one. It comes
// back now and then, so that a pod whose handling failed is seen again.
func (k *kubelet) follow(work chan<- pod) error {
	body, err := k.open("GET", "/api/v1/pods", "", nil)
	if err != nil {
		return err
	}
	var list podList
	err = json.NewDecoder(body).Decode(&list)
	body.Close()
	if err != nil {
		return err
	}
	for _, p := range list.Items {
		work <- p
	}

	path := "/api/v1/pods?watch=true&timeoutSeconds=20&resourceVersion=" + list.Metadata.ResourceVersion
	body, err = k.open("GET", path, "", nil)
	if err != nil {
		return err
	}
	defer body.Close()
	events := json.NewDecoder(body)
	for {
		var event struct {
			Type   string          `json:"type"`
			Object json.RawMessage `json:"object"`
		}
		if err := events.Decode(&event); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		switch event.Type {
		case "ADDED", "MODIFIED":
			var p pod
			if err := json.Unmarshal(event.Object, &p); err != nil {
				return err
			}
			work <- p
		case "ERROR":
			return fmt.Errorf("watch: %s", event.Object)
		}
	}
}

// settle takes a pod one step further, if there is one to take.
func (k *kubelet) settle(p pod) error {
	path := "/api/v1/namespaces/" + p.Metadata.Namespace + "/pods/" + p.Metadata.Name
	var err error
	switch {
	case p.Metadata.DeletionTimestamp != "":
		err = k.call("DELETE", path, "application/json", object{
			"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0,
			"preconditions": object{"uid": p.Metadata.UID},
		})
	case p.Spec.NodeName == "":
		err = k.call("POST", path+"/binding", "application/json", object{
			"apiVersion": "v1", "kind": "Binding",
			"metadata": object{"name": p.Metadata.Name, "uid": p.Metadata.UID},
			"target":   object{"apiVersion": "v1", "kind": "Node", "name": nodeName},
		})
	case p.Spec.NodeName == nodeName && p.Status.StartTime == "":
		err = k.call("PATCH", path+"/status", "application/strategic-merge-patch+json", object{
			"metadata": object{"uid": p.Metadata.UID},
			"status":   running(p),
		})
	}
	// Somebody else was quicker, or the pod is gone: nothing is left to do.
	if hasStatus(err, http.StatusNotFound) || hasStatus(err, http.StatusConflict) {
		return nil
	}
	return err
}

func running(p pod) object {
	now := time.Now().UTC().Format(time.RFC3339)
	phase, ready := "Running", true
	var containers []object
	for _, c := range p.Spec.Containers {
		repository, tag := splitImage(c.Image)
		digest := sha256.Sum256([]byte(c.Image))
		status := object{
			"name":         c.Name,
			"image":        c.Image,
			"imageID":      fmt.Sprintf("%s@sha256:%x", repository, digest),
			"containerID":  "containerd://" + p.Metadata.UID,
			"restartCount": 0,
			"ready":        true,
			"started":      true,
			"state":        object{"running": object{"startedAt": now}},
		}
		broken := true
		switch {
		case strings.HasPrefix(tag, "nopull"):
			phase = "Pending"
			status["imageID"], status["containerID"], status["started"] = "", "", false
			status["state"] = waiting("ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q", c.Image))
		case p.Spec.RestartPolicy != "Always":
			code, reason := 0, "Completed"
			phase = "Succeeded"
			if strings.HasPrefix(tag, "crash") {
				code, reason, phase = 1, "Error", "Failed"
			}
			status["started"] = false
			status["state"] = object{"terminated": object{
				"exitCode": code, "reason": reason, "startedAt": now, "finishedAt": now,
			}}
		case strings.HasPrefix(tag, "crash"):
			status["restartCount"], status["started"] = 3, false
			status["state"] = waiting("CrashLoopBackOff", "back-off 40s restarting failed container="+c.Name)
			status["lastState"] = object{"terminated": object{
				"exitCode": 1, "reason": "Error", "startedAt": now, "finishedAt": now,
			}}
		case strings.HasPrefix(tag, "notready"):
		default:
			broken = false
		}
		if broken {
			status["ready"], ready = false, false
		}
		containers = append(containers, status)
	}
	why := ""
	if phase == "Succeeded" {
		why = "PodCompleted"
	} else if !ready {
		why = "ContainersNotReady"
	}
	sum := sha256.Sum256([]byte(p.Metadata.UID))
	ip := fmt.Sprintf("10.%d.%d.%d", 128+sum[0]%100, sum[1], 1+sum[2]%254)
	return object{
		"phase":     phase,
		"startTime": now,
		"hostIP":    "10.127.0.1",
		"podIP":     ip,
		"podIPs":    []object{{"ip": ip}},
		"conditions": []object{
			condition("PodScheduled", true, ""),
			condition("Initialized", true, ""),
			condition("ContainersReady", ready, why),
			condition("Ready", ready, why),
		},
		"containerStatuses": containers,
	}
}

// splitImage parts registry:5000/name:tag@digest into name and tag.
func splitImage(image string) (repository, tag string) {
	repository, _, _ = strings.Cut(image, "@")
	if colon := strings.LastIndex(repository, ":"); colon > strings.LastIndex(repository, "/") {
		return repository[:colon], repository[colon+1:]
	}
	return repository, "latest"
}

func waiting(reason, message string) object {
	return object{"waiting": object{"reason": reason, "message": message}}
}

func condition(kind string, holds bool, reason string) object {
	now := time.Now().UTC().Format(time.RFC3339)
	status := "False"
	if holds {
		status = "True"
	}
	c := object{"type": kind, "status": status, "lastTransitionTime": now}
	if reason != "" {
		c["reason"] = reason
	}
	return c
}

type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return e.text }

func hasStatus(err error, code int) bool {
	var status *statusError
	return errors.As(err, &status) && status.code == code
}

// call sends one request and wants nothing but its success.
func (k *kubelet) call(method, path, contentType string, body object) error {
	answer, err := k.open(method, path, contentType, body)
	if err != nil {
		return err
	}
	defer answer.Close()
	_, err = io.Copy(io.Discard, answer)
	return err
}

func (k *kubelet) open(method, path, contentType string, body object) (io.ReadCloser, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, k.server+path, content)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+k.token)
	request.Header.Set("User-Agent", "bed-kubelet")
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	answer, err := k.client.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 2000))
		answer.Body.Close()
		return nil, &statusError{answer.StatusCode, fmt.Sprintf("%s %s: %s: %s", method, path, answer.Status, text)}
	}
	return answer.Body, nil
}
