//! What a PromQL query asks for, as far as the simulated world can answer it.

/// A query that was understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    pub(super) what: What,
    /// The service or application that the matchers name.
    pub(super) service: Option<String>,
    pub(super) namespace: Option<String>,
    /// The pod template hash that the matchers name.
    pub(super) revision: Option<String>,
    /// Whether `scalar(…)` is around it.
    pub(super) scalar: bool,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    ErrorRatio,
    SuccessRatio,
    Errors,
    Traffic,
    Quantile(f64),
    Up,
    Number(f64),
    Vector(f64),
    Unknown,
}

/// Reads a query; the error is the text that Prometheus would give.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("unknown position: parse error: no expression found in input".to_owned());
    }
    balanced(text)?;
    let matchers = matchers(text);
    let value = |keys: &[&str]| {
        matchers
            .iter()
            .find(|(key, _, value)| keys.contains(&key.as_str()) && !value.is_empty())
            .map(|(_, _, value)| value.clone())
    };
    let service =
        value(&["service", "app", "rollout", "job", "deployment", "destination_service_name", "service_name"]);
    let scalar = text.starts_with("scalar(");
    Ok(Query {
        what: what(text, &matchers),
        service: service.map(|name| strip_role(&name)),
        namespace: value(&["namespace", "kubernetes_namespace", "exported_namespace"]),
        revision: value(&["rollouts_pod_template_hash", "pod_template_hash", "hash", "revision"]),
        scalar,
    })
}

fn what(text: &str, matchers: &[(String, String, String)]) -> What {
    if let Ok(number) = text.parse() {
        return What::Number(number);
    }
    if let Some(number) =
        text.strip_prefix("vector(").and_then(|rest| rest.strip_suffix(')')).and_then(|n| n.trim().parse().ok())
    {
        return What::Vector(number);
    }
    if text == "up" || text.starts_with("up{") {
        return What::Up;
    }
    if let Some(rest) = text.split("histogram_quantile(").nth(1) {
        return What::Quantile(
            rest.split(',').next().and_then(|quantile| quantile.trim().parse().ok()).unwrap_or(0.95),
        );
    }
    let status = matchers.iter().find(|(key, _, value)| {
        matches!(key.as_str(), "code" | "status" | "status_code" | "http_status" | "response_code")
            && value.starts_with('5')
    });
    let ratio = text.contains('/');
    match status {
        Some((_, operator, _)) if ratio && operator.starts_with('!') != text.starts_with("1 -") => What::SuccessRatio,
        Some(_) if ratio => What::ErrorRatio,
        Some(_) => What::Errors,
        None if text.contains("error") && (ratio || text.contains("ratio") || text.contains("error_rate")) => {
            What::ErrorRatio
        }
        None if text.contains("error") => What::Errors,
        None if text.contains("duration") || text.contains("latency") => What::Quantile(0.95),
        None if text.contains("rate(") || text.contains("requests") => What::Traffic,
        None => What::Unknown,
    }
}

/// Every `key="value"` of the query with its operator, in order.
fn matchers(text: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for block in text.split('{').skip(1) {
        let block = block.split('}').next().unwrap_or_default();
        for matcher in block.split(',') {
            let Some(cut) = matcher.find(['=', '!']) else { continue };
            let (key, rest) = matcher.split_at(cut);
            let operator: String = rest.chars().take_while(|c| matches!(c, '=' | '!' | '~')).collect();
            let value = rest.get(operator.len()..).unwrap_or_default().trim().trim_matches(['"', '\'']);
            found.push((key.trim().to_owned(), operator, value.to_owned()));
        }
    }
    found
}

fn strip_role(name: &str) -> String {
    ["-canary", "-stable", "-preview", "-active"]
        .iter()
        .find_map(|role| name.strip_suffix(role))
        .unwrap_or(name)
        .to_owned()
}

fn balanced(text: &str) -> Result<(), String> {
    let mut open = Vec::new();
    let mut quoted = false;
    for (index, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '{' | '[' => open.push(c),
            ')' | '}' | ']' => {
                let partner = match c {
                    ')' => '(',
                    '}' => '{',
                    _ => '[',
                };
                if open.pop() != Some(partner) {
                    return Err(format!("1:{}: parse error: unexpected {c:?}", index + 1));
                }
            }
            _ => {}
        }
    }
    if quoted {
        return Err("1:1: parse error: unterminated quoted string".to_owned());
    }
    if open.is_empty() { Ok(()) } else { Err(format!("1:{}: parse error: unclosed left parenthesis", text.len())) }
}
