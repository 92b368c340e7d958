//! What the configuration says about writing, and who asks.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine;

use super::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_is_required_where_the_configuration_says_so() {
    let bench = Bench::new().await;
    bench.home.write("config/config.yaml", "contexts:\n  operator:\n    require_reason: true\n");
    bench.run("rollout abort web --yes --context operator").await.ends(2).says("--reason TEXT");
    bench.run("rollout abort web --dry-run --context operator").await.ends(0);
    assert_eq!(bench.patches(), Vec::<String>::new());
    bench.run("rollout abort web --yes --context operator --reason TICKET-1").await.ends(0);
    bench.run("rollout retry web --yes").await.ends(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_in_the_configuration_is_said_and_not_fatal() {
    let bench = Bench::new().await;
    bench.home.write("config/config.yaml", "thema: dark\n");
    bench.run("rollout abort web --dry-run").await.ends(0).says("config.yaml");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_asks_and_acts_with_what_it_borrows() {
    let bench = Bench::with_github(str::to_owned).await;
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).expect("PKCS#8");
    let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    bench.home.write("config/app.pem", &format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"));
    let url = bench.world.github_url();
    let app = format!("github: {{ repository: acme/shop, url: \"{url}\", app: {{ id: 42, key_file: app.pem }} }}\n");
    bench.home.write("config/config.yaml", &app);
    bench.run("flags kill new_checkout --yes").await.ends(0);
    let borrowed = "POST 201 /app/installations/7/access_tokens";
    let writes = bench.writes();
    assert_eq!(writes.iter().filter(|write| !write.contains("access_tokens")).count(), 1, "{writes:?}");
    assert_eq!(writes[0], borrowed);
    let asked = bench.world.asked();
    assert!(asked.iter().all(|asked| asked.is_store || asked.has_token) && asked.len() > writes.len());
    let said = bench.run("flags get --output json").await;
    assert!(said.out.contains("new_checkout"), "{said:#?}");
    assert!(!said.out.contains("ghs_") && !format!("{:?}", bench.records()).contains("ghs_"));
}
