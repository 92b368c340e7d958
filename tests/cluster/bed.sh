#!/usr/bin/env bash
# A real control plane on the loopback interface, for tests: etcd, kube-apiserver,
# kube-controller-manager, the Argo Rollouts controller, Prometheus, an exporter
# whose error rate the test sets, and a stand-in for the kubelet.
set -euo pipefail

usage() {
    cat >&2 <<'TEXT'
usage: bed.sh build                    build every binary, unless that was done before
       bed.sh up DIR                   start everything, keep everything in DIR
       bed.sh stop DIR NAME [SIGNAL]   end one component (KILL; or TERM, and KILL after 10 s)
       bed.sh start DIR NAME           start it again: same port, same data
       bed.sh compact DIR              forget etcd's history up to now
       bed.sh down DIR                 end everything; DIR stays, for its logs
components: etcd apiserver kcm kubelet controller exporter prometheus
TEXT
    exit 2
}

readonly KUBERNETES=v1.36.3 ROLLOUTS=v1.10.1
readonly COMPONENTS=(etcd apiserver kcm kubelet controller exporter prometheus)
readonly ROLLOUT_KINDS=(rollouts analysisruns analysistemplates clusteranalysistemplates experiments)

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf 'bed: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# --- Building ----------------------------------------------------------------

KUBERNETES_LDFLAGS="-s -w"
for fact in "gitVersion=$KUBERNETES" gitMajor=1 gitMinor=36; do
    KUBERNETES_LDFLAGS+=" -X k8s.io/component-base/version.$fact"
done
readonly KUBERNETES_LDFLAGS
readonly ROLLOUTS_LDFLAGS="-s -w -X github.com/argoproj/argo-rollouts/utils/version.version=${ROLLOUTS#v}"

# Where the binaries of exactly these sources and this compiler belong.
binaries_folder() {
    command -v go >/dev/null || die "Go is needed to build the test bed: https://go.dev/dl/"
    local key
    key=$(
        cd "$here/bed"
        {
            sha256sum ./*/go.mod ./*/go.sum standin/*.go
            go env GOVERSION GOOS GOARCH
            echo "$KUBERNETES_LDFLAGS $ROLLOUTS_LDFLAGS"
        } | sha256sum | cut -c1-16
    )
    printf '%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}/flightdeck-bed/$key"
}

build() {
    bin=$(binaries_folder)
    [[ -d $bin ]] && return
    mkdir -p "${bin%/*}"
    (
        flock 9
        [[ -d $bin ]] || build_into "$bin"
    ) 9>"$bin.lock"
}

build_into() {
    local bin=$1 work
    say "building into $bin; the first time takes 10 to 20 minutes"
    work=$(mktemp -d "$bin.XXXXXX")
    # shellcheck disable=SC2064  # the folder of now, not of then
    trap "rm -rf '$work'" EXIT
    go_build standin "-s -w" "$work/standin" .
    fetch_prometheus "$work"
    go_build kubernetes "$KUBERNETES_LDFLAGS" "$work/" tool
    mv "$work/server" "$work/etcd"
    go_build rollouts "$ROLLOUTS_LDFLAGS" "$work/" tool
    # Copied out of the module: later runs need the binaries folder and no more.
    install -D -m 644 -t "$work/crds" "$(module_folder rollouts github.com/argoproj/argo-rollouts)"/manifests/crds/*-crd.yaml
    chmod 755 "$work"
    mv -T "$work" "$bin"
    say "built in $SECONDS s"
}

go_build() {
    local module=$1 ldflags=$2 output=$3 packages=$4
    say "building $module"
    (
        cd "$here/bed/$module"
        CGO_ENABLED=0 GOFLAGS='' GOWORK=off nice -n 5 \
            go build -trimpath -buildvcs=false -ldflags "$ldflags" -o "$output" "$packages"
    )
}

module_folder() {
    (cd "$here/bed/$1" && GOFLAGS='' GOWORK=off go list -m -f '{{.Dir}}' "$2")
}

# Prometheus is a Debian package. Unpacked rather than installed, it needs no
# root, starts no service, and leaves its 300 MB of recommended fonts behind.
fetch_prometheus() {
    local work=$1 found
    if found=$(command -v prometheus); then
        install "$found" "$work/prometheus"
        return
    fi
    command -v apt-get >/dev/null || die "prometheus is not on PATH, and there is no apt-get to fetch it with"
    say "fetching Debian's prometheus"
    mkdir "$work/debian"
    (
        cd "$work/debian"
        apt-get -q download prometheus >log 2>&1 ||
            { apt-get -q update && apt-get -q download prometheus; } >log 2>&1 ||
            { cat log >&2 && die "cannot fetch Debian's prometheus (it may need 'apt-get update' as root)"; }
        dpkg-deb -x prometheus_*.deb .
    )
    mv "$work/debian/usr/bin/prometheus" "$work/prometheus"
    rm -r "$work/debian"
}

# Tools of the host that a minimal system may lack.
need() {
    command -v "$1" >/dev/null && return
    if [[ $EUID != 0 ]] || ! command -v apt-get >/dev/null; then
        die "$1 is needed"
    fi
    say "installing Debian's $1"
    { apt-get -q update && apt-get -qy install --no-install-recommends "$1"; } >&2
}

# --- One component -----------------------------------------------------------

# Every process carries this in its environment, whatever becomes of its pid file.
marker() { printf 'FLIGHTDECK_BED_OF=%s' "$dir"; }

is_ours() { grep -qzxF "$(marker)" "/proc/$1/environ" 2>/dev/null; }

pid_of() { cat "$dir/pids/$1" 2>/dev/null; }

# A process that is ending loses its environment first, then becomes a zombie, and
# loses its ports only with its last thread.
gone() {
    local status
    status=$(cat "/proc/$1/status" 2>/dev/null) || return 0
    [[ $status = *$'\nState:\tZ'* && $status = *$'\nThreads:\t1\n'* ]]
}

alive() {
    local pid
    pid=$(pid_of "$1") && is_ours "$pid"
}

launch() {
    local name=$1
    shift
    # A session of its own: a terminal's Ctrl-C must not reach it.
    env "$(marker)" setsid "$@" </dev/null >>"$dir/log/$name.log" 2>&1 &
    echo "$!" >"$dir/pids/$name"
    disown
    # Not before it has become that program can anybody see whose it is.
    local tries=50
    until alive "$name" || ((tries-- == 0)); do sleep 0.01; done
}

# Waits for a condition on behalf of a component that must stay alive meanwhile.
await() {
    local name=$1 deadline=$((SECONDS + 120))
    shift
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS > deadline)) || { sleep 0.1 && ! alive "$name"; }; then
            tail -n 20 "$dir/log/$name.log" >&2
            die "$name did not become ready: $dir/log/$name.log"
        fi
    done
}

fetch() { curl -sSf --noproxy '*' --max-time 5 "$@"; }

kubectl() { "$bin/kubectl" --kubeconfig "$dir/internal/script.kubeconfig" "$@"; }

run_etcd() {
    local client=http://127.0.0.1:$ETCD_PORT peer=http://127.0.0.1:$ETCD_PEER_PORT
    launch etcd "$bin/etcd" --name bed --data-dir "$dir/etcd" --unsafe-no-fsync \
        --listen-client-urls "$client" --advertise-client-urls "$client" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
        --initial-cluster "bed=$peer" --quota-backend-bytes 8589934592 --log-level warn
}

ready_etcd() { fetch "http://127.0.0.1:$ETCD_PORT/health"; }

run_apiserver() {
    launch apiserver "$bin/kube-apiserver" \
        --etcd-servers "http://127.0.0.1:$ETCD_PORT" \
        --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$API_PORT" \
        --endpoint-reconciler-type none --service-cluster-ip-range 10.96.0.0/16 \
        --tls-cert-file "$dir/pki/apiserver.crt" --tls-private-key-file "$dir/pki/apiserver.key" \
        --client-ca-file "$dir/pki/ca.crt" --token-auth-file "$dir/internal/tokens.csv" \
        --authorization-mode RBAC \
        --service-account-issuer https://kubernetes.default.svc \
        --service-account-key-file "$dir/pki/sa.pub" --service-account-signing-key-file "$dir/pki/sa.key" \
        --requestheader-client-ca-file "$dir/pki/ca.crt" --requestheader-allowed-names none \
        --audit-policy-file "$here/bed/config/audit-policy.yaml" \
        --audit-log-path "$dir/audit.log" --audit-log-maxsize 100000
}

ready_apiserver() {
    fetch --cacert "$dir/pki/ca.crt" -H "Authorization: Bearer $(<"$dir/internal/script.token")" \
        "https://127.0.0.1:$API_PORT/readyz"
}

# The controllers that are switched off would evict the pods of a node that has
# no kubelet, or wait for a cloud.
run_kcm() {
    local off=-node-lifecycle-controller,-node-ipam-controller,-node-route-controller
    off+=,-service-lb-controller,-cloud-node-lifecycle-controller
    off+=,-persistentvolume-binder-controller,-persistentvolume-attach-detach-controller
    off+=,-persistentvolume-expander-controller
    off+=,-taint-eviction-controller,-device-taint-eviction-controller
    launch kcm "$bin/kube-controller-manager" \
        --kubeconfig "$dir/internal/kcm.kubeconfig" --leader-elect=false --secure-port 0 \
        --use-service-account-credentials --service-account-private-key-file "$dir/pki/sa.key" \
        --root-ca-file "$dir/pki/ca.crt" --controllers "*,$off" \
        --kube-api-qps 500 --kube-api-burst 1000 --concurrent-namespace-syncs 20
}

ready_kcm() { kubectl get -n argo-rollouts serviceaccount default; }

run_kubelet() {
    launch kubelet "$bin/standin" kubelet --server "https://127.0.0.1:$API_PORT" \
        --ca "$dir/pki/ca.crt" --token-file "$dir/internal/kubelet.token"
}

ready_kubelet() { kubectl wait --for condition=Ready --timeout 1s node/bed-node; }

# It does not give its Lease back when it ends; a successor would wait until that
# has expired. FLIGHTDECK_BED_LEADER_ELECT=false runs it without one.
run_controller() {
    kubectl delete -n argo-rollouts lease argo-rollouts-controller-lock --ignore-not-found >/dev/null
    launch controller "$bin/rollouts-controller" --kubeconfig "$dir/internal/controller.kubeconfig" \
        --leader-elect="$LEADER_ELECT" --metricsPort "$CONTROLLER_METRICS_PORT" --healthzPort "$CONTROLLER_HEALTH_PORT" \
        --qps 500 --burst 1000 --rollout-resync 60
}

ready_controller() {
    fetch "http://127.0.0.1:$CONTROLLER_HEALTH_PORT/healthz"
    [[ $LEADER_ELECT = false ]] || kubectl get -n argo-rollouts lease argo-rollouts-controller-lock
}

run_exporter() { launch exporter "$bin/standin" exporter --listen "127.0.0.1:$EXPORTER_PORT"; }

ready_exporter() { fetch "http://127.0.0.1:$EXPORTER_PORT/metrics"; }

run_prometheus() {
    launch prometheus "$bin/prometheus" --config.file "$dir/internal/prometheus.yml" \
        --storage.tsdb.path "$dir/prometheus" --web.listen-address "127.0.0.1:$PROMETHEUS_PORT" \
        --scrape.discovery-reload-interval 100ms
}

ready_prometheus() {
    fetch "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query?query=http_requests_total" | grep -q '"job":"web"'
}

# --- The whole bed -----------------------------------------------------------

# Opens the bed in DIR: its ports and its binaries.
enter() {
    [[ $# = 1 && -n $1 ]] || usage
    dir=$(realpath -m "$1")
    [[ -f $dir/internal/bed.env ]] || die "no bed in $dir"
    # shellcheck source=/dev/null
    . "$dir/internal/bed.env"
    bin=$(realpath "$dir/bin")
    export KUBECACHEDIR=$dir/internal/kubectl
}

component() {
    local known
    for known in "${COMPONENTS[@]}"; do
        [[ $known = "${1-}" ]] && return
    done
    die "no component '${1-}'; there are: ${COMPONENTS[*]}"
}

processes() {
    grep -lzxF "$(marker)" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
}

up() {
    [[ $# = 1 && -n $1 ]] || usage
    need curl
    build
    dir=$(realpath -m "$1")
    [[ -z $(processes) ]] || die "a bed is up in $dir; 'bed.sh down $dir' ends it"
    clear_folder
    mkdir -p "$dir"/{internal,log,pids}
    SECONDS=0
    # A bed that did not come up is no bed.
    trap 'down "$dir"' EXIT
    trap 'exit 130' INT TERM HUP

    "$bin/standin" pki "$dir/pki"
    ln -s "$bin" "$dir/bin"
    write_settings
    enter "$dir"
    write_users
    sed "s|\${EXPORTER}|127.0.0.1:$EXPORTER_PORT|" "$here/bed/config/prometheus.yml" >"$dir/internal/prometheus.yml"
    echo "http://127.0.0.1:$PROMETHEUS_PORT" >"$dir/prometheus.url"
    echo "http://127.0.0.1:$EXPORTER_PORT" >"$dir/exporter.url"

    run_exporter
    run_prometheus
    run_etcd
    await etcd ready_etcd
    run_apiserver
    await apiserver ready_apiserver
    run_kcm
    run_kubelet
    kubectl create --validate=false -f "$here/bed/config/rbac.yaml" >"$dir/log/setup.log"
    create_crds
    run_controller
    local name
    for name in "${COMPONENTS[@]}"; do
        await "$name" "ready_$name"
    done

    trap - EXIT INT TERM HUP
    say "up in $SECONDS s: KUBECONFIG=$dir/kubeconfig"
}

# Only what an earlier bed left is cleared away; anybody else's folder is refused.
clear_folder() {
    [[ -d $dir && -n $(ls -A "$dir") ]] || return 0
    [[ -d $dir/internal && -d $dir/pids ]] || die "$dir is neither empty nor a bed"
    rm -rf "${dir:?}"/{internal,log,pids,pki,etcd,prometheus,bin,*.kubeconfig,kubeconfig,*.url,audit.log}
}

write_settings() {
    local -a ports
    mapfile -t ports < <("$bin/standin" ports 7)
    cat >"$dir/internal/bed.env" <<TEXT
ETCD_PORT=${ports[0]}
ETCD_PEER_PORT=${ports[1]}
API_PORT=${ports[2]}
CONTROLLER_METRICS_PORT=${ports[3]}
CONTROLLER_HEALTH_PORT=${ports[4]}
PROMETHEUS_PORT=${ports[5]}
EXPORTER_PORT=${ports[6]}
LEADER_ELECT=${FLIGHTDECK_BED_LEADER_ELECT:-true}
TEXT
}

# The administrator has a client certificate, everybody else a token.
write_users() {
    local admin
    admin="client-certificate-data: $(base64 -w0 "$dir/pki/admin.crt")
      client-key-data: $(base64 -w0 "$dir/pki/admin.key")"
    write_kubeconfig "$dir/kubeconfig" bed "$admin"
    add_user viewer "$dir/viewer.kubeconfig" viewer
    add_user operator "$dir/operator.kubeconfig" operator
    add_user nobody "$dir/nobody.kubeconfig" nobody
    add_user script "$dir/internal/script.kubeconfig" bed:script system:masters
    add_user kubelet "$dir/internal/kubelet.kubeconfig" bed:kubelet system:masters
    add_user kcm "$dir/internal/kcm.kubeconfig" system:kube-controller-manager
    add_user controller "$dir/internal/controller.kubeconfig" \
        system:serviceaccount:argo-rollouts:argo-rollouts system:masters
}

add_user() {
    local name=$1 file=$2 user=$3 group=${4-} token
    token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    echo "$token" >"$dir/internal/$name.token"
    echo "$token,$user,$name,\"$group\"" >>"$dir/internal/tokens.csv"
    write_kubeconfig "$file" "$name" "token: $token"
}

write_kubeconfig() {
    local file=$1 context=$2 credentials=$3
    (
        umask 077
        cat >"$file" <<TEXT
apiVersion: v1
kind: Config
current-context: $context
clusters:
  - name: bed
    cluster:
      server: https://127.0.0.1:$API_PORT
      certificate-authority-data: $(base64 -w0 "$dir/pki/ca.crt")
contexts:
  - name: $context
    context:
      cluster: bed
      user: $context
users:
  - name: $context
    user:
      $credentials
TEXT
    )
}

# Created, not applied: with client-side apply they overflow an annotation.
create_crds() {
    local file pids=()
    for file in "$bin"/crds/*.yaml; do
        kubectl create --validate=false -f "$file" >>"$dir/log/setup.log" &
        pids+=("$!")
    done
    for file in "${pids[@]}"; do
        wait "$file"
    done
    await apiserver crds_are_served
}

crds_are_served() {
    local served kind
    served=$(kubectl get --raw /apis/argoproj.io/v1alpha1)
    for kind in "${ROLLOUT_KINDS[@]}"; do
        [[ $served = *"\"name\":\"$kind\""* ]] || return 1
    done
}

start() {
    enter "${1-}"
    component "${2-}"
    alive "$2" && return
    begin "$2"
    alive apiserver || return 0
    # The controller ends, in its own time, when it cannot renew its Lease. Whether
    # it is already about to cannot be seen from here, so it begins anew. The others
    # may have backed off for a minute.
    local name
    if [[ $2 = etcd || $2 = apiserver ]]; then
        for name in kcm kubelet controller; do
            [[ -f $dir/pids/$name ]] || continue
            finish "$name" KILL
            begin "$name"
        done
    fi
    # So does whatever died without having been stopped.
    for name in "${COMPONENTS[@]}"; do
        if [[ -f $dir/pids/$name ]] && ! alive "$name"; then
            begin "$name"
        fi
    done
}

begin() {
    "run_$1"
    await "$1" "ready_$1"
}

# An API server that is asked politely serves its open watches for a minute more,
# so what a test means by stopping is killing.
stop() {
    enter "${1-}"
    component "${2-}"
    finish "$2" "${3:-KILL}"
}

finish() {
    local name=$1 signal=$2 pid tries=100
    pid=$(pid_of "$name") || return 0
    rm "$dir/pids/$name"
    is_ours "$pid" || return 0
    kill -s "$signal" "$pid"
    kill -s CONT "$pid" 2>/dev/null || true # a test may have frozen it
    until gone "$pid"; do
        ((tries-- > 0)) || kill -s KILL "$pid" 2>/dev/null || true
        sleep 0.1
    done
}

compact() {
    enter "${1-}"
    local etcd=http://127.0.0.1:$ETCD_PORT/v3/kv revision
    revision=$(fetch "$etcd/range" -d '{"key":"AA=="}' | sed -n 's/.*"revision":"\([0-9]*\)".*/\1/p')
    [[ -n $revision ]] || die "etcd did not say its revision"
    fetch "$etcd/compaction" -d "{\"revision\":\"$revision\",\"physical\":true}" >/dev/null
    say "compacted up to revision $revision"
}

# Nothing in the data is worth a farewell, so everything is killed; the API server
# first, because one that has lost its etcd is the slowest to go.
down() {
    [[ $# = 1 && -n $1 ]] || usage
    dir=$(realpath -m "$1")
    local pid left
    while left=$(processes) && [[ -n $left ]]; do
        for pid in $(pid_of apiserver) $left; do
            ! is_ours "$pid" || kill -s KILL "$pid" 2>/dev/null || true
        done
        for pid in $left; do
            until gone "$pid"; do sleep 0.02; done
        done
    done
    rm -f "$dir"/pids/*
}

[[ $# -gt 0 ]] || usage
command=$1
shift
case $command in
    build) build && echo "$bin" ;;
    up | start | stop | compact | down) "$command" "$@" ;;
    *) usage ;;
esac
