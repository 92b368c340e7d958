//! What pods reserve: requested CPU and memory, summed as the scheduler sums them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::quantity;

/// A pod's requests, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodRequests {
    pub containers: Vec<ResourceRequest>,
    pub init_containers: Vec<InitRequest>,
    /// `spec.overhead`.
    pub overhead: ResourceRequest,
}

/// `resources.requests`; None where nothing is requested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceRequest {
    pub cpu: Option<String>,
    pub memory: Option<String>,
}

/// An init container; one with `restartPolicy: Always` is a sidecar that stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitRequest {
    pub request: ResourceRequest,
    pub is_sidecar: bool,
}

/// The sum over pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// Cores.
    pub cpu: Decimal,
    /// Bytes.
    pub memory: Decimal,
    /// Quantities that could not be read: the sum is at least this, not exactly this.
    pub unreadable: usize,
}

/// Sums the requests of the pods that are not done.
pub fn sum<'a>(pods: impl IntoIterator<Item = &'a PodRequests>) -> Requested {
    let mut sum = Requested::default();
    for pod in pods {
        let cpu = pod_sum(pod, |request| request.cpu.as_deref(), &mut sum.unreadable);
        let memory = pod_sum(pod, |request| request.memory.as_deref(), &mut sum.unreadable);
        sum.cpu = sum.cpu.saturating_add(cpu);
        sum.memory = sum.memory.saturating_add(memory);
    }
    sum
}

/// One resource of one pod: what runs together, or the hungriest moment of its start, whichever is more.
fn pod_sum(pod: &PodRequests, of: impl Fn(&ResourceRequest) -> Option<&str>, unreadable: &mut usize) -> Decimal {
    let mut read = |request: &ResourceRequest| match of(request).map(quantity::parse) {
        None => Decimal::ZERO,
        Some(Some(amount)) => amount,
        Some(None) => {
            *unreadable += 1;
            Decimal::ZERO
        }
    };
    let mut sidecars = Decimal::ZERO;
    let mut peak = Decimal::ZERO;
    for init in &pod.init_containers {
        let amount = read(&init.request);
        let running = sidecars.saturating_add(amount);
        peak = peak.max(running);
        if init.is_sidecar {
            sidecars = running;
        }
    }
    let together = pod.containers.iter().fold(sidecars, |sum, request| sum.saturating_add(read(request)));
    together.max(peak).saturating_add(read(&pod.overhead))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(cpu: &str, memory: &str) -> ResourceRequest {
        ResourceRequest { cpu: Some(cpu.to_owned()), memory: Some(memory.to_owned()) }
    }

    #[test]
    fn init_containers_count_where_they_are_hungrier_and_sidecars_always() {
        let pod = PodRequests {
            containers: vec![request("100m", "64Mi"), request("0.2", "64Mi")],
            init_containers: vec![
                InitRequest { request: request("50m", "16Mi"), is_sidecar: true },
                InitRequest { request: request("1", "8Mi"), is_sidecar: false },
            ],
            overhead: request("10m", "1Mi"),
        };
        let sum = sum([&pod, &PodRequests::default()]);
        assert_eq!(
            (quantity::cpu_words(sum.cpu), quantity::memory_words(sum.memory)),
            ("1060m".into(), "145Mi".into())
        );
    }

    #[test]
    fn what_cannot_be_read_is_counted() {
        let pod = PodRequests { containers: vec![request("lots", "1Gi")], ..PodRequests::default() };
        assert_eq!(sum([&pod]).unreadable, 1);
    }
}
