package main

import (
	"cmp"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	requestsPerSecond = 100.0
	healthyErrorRate  = 0.005
)

// A series names one service, and one version of it when hash is not empty.
type series struct{ job, hash string }

// traffic is what a service has answered until `until`, and how it answers since.
type traffic struct {
	good, bad float64
	perSecond float64
	errorRate float64
	until     time.Time
}

func (t *traffic) advance(now time.Time) {
	requests := t.perSecond * now.Sub(t.until).Seconds()
	t.bad += requests * t.errorRate
	t.good += requests * (1 - t.errorRate)
	t.until = now
}

// exporter serves http_requests_total for services whose error rate is told:
//
//	GET /metrics
//	PUT /error-rate             every service
//	PUT /error-rate/JOB         one service, which begins to exist
//	PUT /error-rate/JOB/HASH    one version of it (label rollouts_pod_template_hash)
//
// The body is a number from 0 to 1; "idle" for no requests at all, which makes
// the error ratio NaN; or "gone" for no series, which makes it an empty vector.
type exporter struct {
	mutex    sync.Mutex
	services map[series]*traffic
}

func runExporter(listen string) error {
	e := &exporter{services: map[series]*traffic{}}
	e.set(series{job: "web"}, healthyErrorRate, requestsPerSecond)
	e.set(series{job: "api"}, healthyErrorRate, requestsPerSecond)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", e.metrics)
	mux.HandleFunc("PUT /error-rate", e.tell)
	mux.HandleFunc("PUT /error-rate/{job}", e.tell)
	mux.HandleFunc("PUT /error-rate/{job}/{hash}", e.tell)
	log.Printf("exporter on %s", listen)
	return http.ListenAndServe(listen, mux)
}

func (e *exporter) set(which series, errorRate, perSecond float64) {
	now := time.Now()
	known := e.services[which]
	if known == nil {
		known = &traffic{until: now}
		e.services[which] = known
	}
	known.advance(now)
	known.errorRate, known.perSecond = errorRate, perSecond
}

func (e *exporter) tell(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	word := strings.TrimSpace(string(body))
	errorRate, perSecond := 0.0, requestsPerSecond
	switch word {
	case "gone":
	case "idle":
		perSecond = 0
	default:
		errorRate, err = strconv.ParseFloat(word, 64)
		if err != nil || !(errorRate >= 0 && errorRate <= 1) {
			http.Error(w, "want a number from 0 to 1, idle or gone", http.StatusBadRequest)
			return
		}
	}

	e.mutex.Lock()
	defer e.mutex.Unlock()
	told := []series{{job: r.PathValue("job"), hash: r.PathValue("hash")}}
	if told[0].job == "" {
		told = slices.Collect(maps.Keys(e.services))
	}
	for _, which := range told {
		if word == "gone" {
			delete(e.services, which)
		} else {
			e.set(which, errorRate, perSecond)
		}
	}
	log.Printf("%s %s: %s", r.Method, r.URL.Path, word)
	w.WriteHeader(http.StatusNoContent)
}

func (e *exporter) metrics(w http.ResponseWriter, _ *http.Request) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	fmt.Fprintln(w, "# TYPE http_requests_total counter")
	byName := func(a, b series) int { return cmp.Or(cmp.Compare(a.job, b.job), cmp.Compare(a.hash, b.hash)) }
	now := time.Now()
	for _, which := range slices.SortedFunc(maps.Keys(e.services), byName) {
		t := e.services[which]
		t.advance(now)
		version := ""
		if which.hash != "" {
			version = fmt.Sprintf(",rollouts_pod_template_hash=%q", which.hash)
		}
		fmt.Fprintf(w, "http_requests_total{job=%q,code=\"200\"%s} %g\n", which.job, version, t.good)
		fmt.Fprintf(w, "http_requests_total{job=%q,code=\"500\"%s} %g\n", which.job, version, t.bad)
	}
}
