//! The configuration as a person meets it: files in, settings and warnings out.

use std::fs;

use proptest::prelude::*;

use super::read::{
    APP_OPTIONS, AUDIT_OPTIONS, BASIC_OPTIONS, CONTEXT_OPTIONS, GITHUB_OPTIONS, OPTIONS, PROMETHEUS_OPTIONS,
};
use super::*;
use crate::theme::Role;
use crate::yaml::Warnings;

fn read(text: &str) -> (Config, Vec<String>) {
    let mut warnings = Warnings::default();
    let place = Place { file: "c".into(), dir: "/home/me/conf".into(), must_exist: true };
    let config = Config::read(&place, text, &mut warnings);
    (config, warnings.0.iter().map(ToString::to_string).collect())
}

#[test]
fn the_example_shows_every_option_at_its_default() {
    let (config, warnings) = read(EXAMPLE);
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(config, Config::default());
    for option in
        [OPTIONS, CONTEXT_OPTIONS, PROMETHEUS_OPTIONS, BASIC_OPTIONS, GITHUB_OPTIONS, APP_OPTIONS, AUDIT_OPTIONS]
            .concat()
    {
        assert!(EXAMPLE.contains(&format!("{option}: ")) || EXAMPLE.contains(&format!("\n{option}:\n")), "{option}");
    }
    for (name, _) in theme::EMBEDDED.iter().chain(crate::keys::EMBEDDED) {
        assert!(EXAMPLE.contains(name), "{name}");
    }
}

#[test]
fn nothing_configured_is_the_default() {
    assert_eq!(read("").0, Config::default());
    assert_eq!(read("prometheus:\ncontexts:\naudit: {}\n").0, Config::default());
}

#[test]
fn every_option_can_be_set() {
    let (config, warnings) = read(
        "theme: light\nkeymap: vim\nglyphs: ascii\ncolour: 16\nread_only: true\nnamespaces: [shop, pay]\nverify_timeout: 2m\n\
         prometheus:\n  url: https://prom:9090/x\n  bearer_token_file: token\n  ca_file: /ca.pem\n  timeout: 500ms\n  insecure: true\n\
         audit: { dir: journal, require_reason: true }\n",
    );
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!((config.theme.as_str(), config.keymap.as_str(), config.read_only), ("light", "vim", true));
    assert_eq!((config.glyphs, config.colour), (Some(Glyphs::Ascii), Some(Depth::Ansi16)));
    assert_eq!(config.namespaces, ["shop", "pay"]);
    assert_eq!(config.verify_timeout, Some(SignedDuration::from_mins(2)));
    assert_eq!(config.prometheus.url.as_deref(), Some("https://prom:9090/x"));
    assert_eq!(config.prometheus.bearer_token_file, Some("/home/me/conf/token".into()));
    assert_eq!(config.prometheus.ca_file, Some("/ca.pem".into()));
    assert_eq!((config.prometheus.timeout, config.prometheus.insecure), (SignedDuration::from_millis(500), true));
    assert_eq!(config.audit, Audit { dir: Some("/home/me/conf/journal".into()), require_reason: true });
    let (config, _) = read("prometheus: { basic: { user: me, password_file: pw } }");
    assert_eq!(config.prometheus.basic, Some(Basic { user: "me".into(), password_file: "/home/me/conf/pw".into() }));
}

#[test]
fn a_repository_is_named_with_its_files() {
    let (config, warnings) = read(
        "github:\n  repository: acme/shop\n  url: https://ghe.example/api/v3\n  token_file: token\n  branch: trunk\n  \
         flags: flags.yaml\n  drift_noise: ['aws_x.*']\n  guardrails_met: review\n  smoke_workflow: smoke.yml\n  timeout: 5s\n",
    );
    assert_eq!(warnings, Vec::<String>::new());
    let github = config.github;
    assert_eq!((github.repository.as_deref(), github.branch.as_deref()), (Some("acme/shop"), Some("trunk")));
    assert_eq!(github.token_file, Some("/home/me/conf/token".into()));
    assert_eq!(
        (&*github.flags, &*github.smoke_workflow, &*github.plan_workflow),
        ("flags.yaml", "smoke.yml", "infra-plan.yml")
    );
    assert_eq!((&*github.drift_noise, github.limit), (&["aws_x.*".to_owned()][..], None));
    assert_eq!(github.guardrails_met, ["review"]);
    for (text, limit) in
        [("25", Some("25")), ("25.50", Some("25.5")), ("'25.50'", Some("25.50")), ("-1", None), ("much", None)]
    {
        let (config, warnings) = read(&format!("github: {{ limit: {text} }}"));
        assert_eq!(config.github.limit.map(|limit| limit.to_string()).as_deref(), limit, "{text}");
        assert_eq!(warnings.iter().any(|warning| warning.contains("is no amount")), limit.is_none(), "{warnings:?}");
    }
    let (config, _) = read("github: { flags_checkout: f.yaml, infra: terraform }");
    assert_eq!(config.github.flags_checkout, Some("/home/me/conf/f.yaml".into()));
    assert_eq!(config.github.infra, "terraform");
    let (config, warnings) = read("github: { app: { id: 42, key_file: app.pem }, token_file: token }");
    assert_eq!(config.github.app, Some(GitHubApp { id: "42".into(), key_file: "/home/me/conf/app.pem".into() }));
    assert!(config.github.token_file.is_none() && warnings[0].contains("the app counts"), "{warnings:?}");
    for half in ["{ id: 42 }", "{ id: 42, key_file: [] }", "mine"] {
        let (config, warnings) = read(&format!("github: {{ app: {half} }}"));
        assert!(config.github.app.is_some_and(|app| app.key_file.as_os_str().is_empty()), "{half}");
        assert!(warnings.iter().any(|warning| warning.contains("needs `id` and `key_file`")), "{warnings:?}");
    }
    let (config, warnings) = read("github: { repository: acme/shop/x, url: 'https://me:ghp_x@host' }");
    assert!(config.github.repository.is_none() && config.github.url.is_none());
    assert!(warnings[0].contains("write it like `owner/name`") && !warnings[1].contains("ghp_x"), "{warnings:?}");
}

#[test]
fn what_sounds_like_production_is_protected_until_it_is_named() {
    let (config, warnings) = read(
        "contexts:\n  nonprod: { protected: false }\n  eu-*: { colour: light-blue, write_for: 5m }\n  \
         eu-prod: { label: EU!, require_reason: true }\naudit: { require_reason: false }\n",
    );
    assert_eq!(warnings, Vec::<String>::new());
    let us = config.context("us-PROD-1");
    assert_eq!((us.protected, us.colour.as_deref(), us.label.as_str()), (true, Some("protected"), "us-PROD-1"));
    assert_eq!((us.require_reason, us.write_for), (false, SignedDuration::from_mins(15)));
    let eu = config.context("eu-prod");
    assert_eq!((eu.protected, eu.colour.as_deref(), eu.label.as_str()), (true, Some("light-blue"), "EU!"));
    assert_eq!((eu.require_reason, eu.write_for), (true, SignedDuration::from_mins(5)));
    let nonprod = config.context("nonprod");
    assert_eq!((nonprod.protected, nonprod.colour), (false, None));
    assert!(!config.context("kind").protected);
    let (config, _) = read("contexts: { '*prod*': { protected: false } }\naudit: { require_reason: true }");
    assert!(!config.context("prod").protected);
    assert!(config.context("prod").require_reason);
}

#[test]
fn a_protected_context_always_has_the_colour_of_one_unless_another_is_chosen() {
    let (config, _) = read("contexts: { live: { protected: true } }");
    let colour = config.context("live").colour.expect("a colour");
    assert_eq!(Theme::default().badge(&colour), Some(Theme::default().style(Role::Protected)));
}

#[test]
fn faults_have_their_line_and_the_rest_loads() {
    let (config, warnings) = read(
        "themes: dark\nread_only: maybe\ncolour: blue\nnamespaces: [shop, Pay]\nverify_timeout: 30\nkeymap: [vim]\n\
         contexts:\n  prod:\n    protect: true\n    colour: reddish\n    write_for: 15 apples\n    label: Live\n\
         prometheus:\n  url: ftp://host\n  basic: { user: me }\n  timeout: -1s\n  insecure: true\naudit: all\nread_only: true\n",
    );
    let starts = [
        "c:1: there is no option `themes` in the configuration; known: theme, keymap",
        "c:2: `read_only` must be true or false, got text; taken as true",
        "c:3: `colour` `blue` is not one of auto, mono, 16, 256, truecolor",
        "c:4: `namespaces` `Pay` is no name of a namespace",
        "c:5: `verify_timeout` must be a time with its unit",
        "c:6: `keymap` must be text, got a list",
        "c:9: there is no option `protect` in contexts.prod",
        "c:10: `colour` `reddish` is neither",
        "c:11: `write_for` `15 apples` is no time",
        "c:14: `url` must start with http:// or https://",
        "c:15: `basic` needs `user` and `password_file`",
        "c:16: `timeout` `-1s` is not between",
        "c:18: audit must be a mapping, got text",
        "c:19: `read_only` is set twice; line 2 counts",
    ];
    assert_eq!(warnings.len(), starts.len(), "{warnings:#?}");
    for start in starts {
        assert!(warnings.iter().any(|warning| warning.starts_with(start)), "{start}\n{warnings:#?}");
    }
    assert!(config.read_only && config.prometheus.insecure && config.context("prod").label == "Live");
}

#[test]
fn who_wanted_protection_gets_it() {
    assert!(read("read_only: yes").0.read_only);
    assert!(!read("read_only: Off").0.read_only);
    assert_eq!(read("contexts: { kind: { label: \"\\e[2J\" } }").0.context("kind").label, "kind");
    assert!(read("contexts: { kind: { protected: ture } }").0.context("kind").protected);
    let (config, warnings) = read("read_only: true\ncontexts: [\n");
    assert!(config.read_only);
    assert!(warnings[1].contains("everything is read-only until this file can be read"), "{warnings:?}");
}

#[test]
fn a_password_in_an_address_is_refused_and_not_repeated() {
    let (config, warnings) = read("prometheus: { url: 'https://me:hunter2@host' }");
    assert_eq!(config.prometheus.url, None);
    assert!(
        warnings[0].contains("must not hold a user or password") && !warnings[0].contains("hunter2"),
        "{warnings:?}"
    );
}

#[test]
fn a_missing_file_is_a_fault_only_if_it_was_asked_for() {
    let dir = tempfile::tempdir().expect("a directory");
    assert_eq!(Config::load(&Place::of_dir(dir.path())), (Config::default(), Vec::new()));
    let place = Place { must_exist: true, ..Place::of_dir(dir.path()) };
    let (config, warnings) = Config::load(&place);
    assert!(config.read_only && warnings[0].to_string().ends_with("config.yaml: there is no such file"));
    fs::create_dir(&place.file).expect("a directory in its place");
    assert!(Config::load(&place).1[0].message.starts_with("cannot be read"));
}

#[test]
fn keymap_and_theme_come_from_beside_the_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("written");
    };
    write("config.yaml", "theme: mine\nkeymap: mine\n");
    write("themes/mine.yaml", "inherits: light\nroles: { key: '#010203' }\n");
    write("keymaps/mine.yaml", "inherits: vim\nglobal: { x: quit, y: nothing }\n");
    let place = Place::of_dir(dir.path());
    let (config, warnings) = Config::load(&place);
    assert_eq!(warnings, []);
    let (theme, warnings) = config.theme(&place, Depth::TrueColor);
    assert_eq!(warnings, []);
    assert_eq!(theme.style(Role::Key).fg, Some(ratatui::style::Color::Rgb(1, 2, 3)));
    let (keymap, warnings) = config.keymap(&place, &Names { panes: &[], actions: &[] });
    // What the built-in files name is not known here.
    let mine: Vec<String> = warnings.iter().map(ToString::to_string).filter(|it| !it.contains("built in")).collect();
    assert_eq!(mine.len(), 1, "{mine:?}");
    assert!(mine[0].ends_with("mine.yaml:2: there is no command `nothing`"), "{mine:?}");
    assert_eq!(keymap.hint(&["global"], crate::keys::Command::Quit).as_deref(), Some("x"));
}

proptest! {
    #[test]
    fn no_file_is_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("config.yaml"), bytes).expect("written");
        let _ = Config::load(&Place::of_dir(dir.path()));
    }

    #[test]
    fn no_value_is_too_odd(at in 0..7usize, option in 0..20usize, value in "[ -~é☃\n]{0,20}") {
        let section = [("", OPTIONS), ("contexts:\n  x:\n    ", CONTEXT_OPTIONS), ("prometheus:\n  ", PROMETHEUS_OPTIONS),
            ("prometheus:\n  basic:\n    ", BASIC_OPTIONS), ("audit:\n  ", AUDIT_OPTIONS), ("github:\n  ", GITHUB_OPTIONS), ("github:\n  app:\n    ", APP_OPTIONS)][at];
        let option = section.1[option % section.1.len()];
        let (config, _) = read(&format!("{}{option}: {value}", section.0));
        prop_assert!(config.contexts[0].pattern == "*prod*");
    }
}
