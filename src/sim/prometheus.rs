//! The simulated Prometheus: instant and range queries in the real JSON shape.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, Reply, pairs};
use super::metrics::Answer;
use super::query;
use super::state::State;
use super::value::duration_text;

/// A real Prometheus refuses more points than this.
const MOST_POINTS: f64 = 11_000.0;

/// The parameters of a request, which may stand in the query string or in a form.
pub(super) fn parameters(call: &Call) -> Vec<(String, String)> {
    let mut parameters = call.query.clone();
    if call.content_type.starts_with("application/x-www-form-urlencoded") {
        parameters.extend(pairs(&String::from_utf8_lossy(&call.body)));
    }
    parameters
}

/// Answers a path below the root of the server.
pub(super) fn answer(state: &State, path: &str, parameters: &[(String, String)]) -> Reply {
    let result = match path.trim_matches('/') {
        "-/ready" => return Reply::Text("Prometheus Server is Ready.\n"),
        "-/healthy" => return Reply::Text("Prometheus Server is Healthy.\n"),
        "api/v1/status/buildinfo" => {
            Ok(json!({"version": "3.5.0", "revision": "", "branch": "HEAD", "goVersion": "go1.26"}))
        }
        "api/v1/query" => instant(state, parameters),
        "api/v1/query_range" => range(state, parameters),
        _ => {
            return Reply::value(404, &json!({"status": "error", "errorType": "not_found", "error": "page not found"}));
        }
    };
    match result {
        Ok(data) => Reply::value(200, &json!({"status": "success", "data": data})),
        Err(error) => Reply::value(400, &json!({"status": "error", "errorType": "bad_data", "error": error})),
    }
}

fn parameter<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn read_query(parameters: &[(String, String)]) -> Result<query::Query, String> {
    query::parse(parameter(parameters, "query").unwrap_or_default())
        .map_err(|error| format!("invalid parameter \"query\": {error}"))
}

fn instant(state: &State, parameters: &[(String, String)]) -> Result<Value, String> {
    let query = read_query(parameters)?;
    let at = match parameter(parameters, "time") {
        Some(text) => read_time("time", text)?,
        None => seconds(state.now),
    };
    Ok(match state.metrics.answer(&query, instant_of(at)) {
        Answer::Scalar(value) => json!({"resultType": "scalar", "result": [at, number(value)]}),
        Answer::Vector(values) => {
            let result: Vec<Value> = values
                .into_iter()
                .map(|value| json!({"metric": labels(&query), "value": [at, number(value)]}))
                .collect();
            json!({"resultType": "vector", "result": result})
        }
    })
}

fn range(state: &State, parameters: &[(String, String)]) -> Result<Value, String> {
    let query = read_query(parameters)?;
    let wanted = |name: &str| {
        let text = parameter(parameters, name).unwrap_or_default();
        read_time(name, text)
    };
    let (start, end) = (wanted("start")?, wanted("end")?);
    let step = parameter(parameters, "step").unwrap_or_default();
    let step = step
        .parse::<f64>()
        .ok()
        .or_else(|| duration_text(step).map(|step| step.as_secs_f64()))
        .ok_or_else(|| format!("invalid parameter \"step\": cannot parse {step:?} to a valid duration"))?;
    if end < start {
        return Err("invalid parameter \"end\": end timestamp must not be before start time".to_owned());
    }
    if step <= 0.0 {
        return Err("invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer".to_owned());
    }
    if (end - start) / step > MOST_POINTS {
        return Err("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)".to_owned());
    }
    let now = seconds(state.now);
    let points = ((end - start) / step) as usize;
    let values: Vec<Value> = (0..=points)
        .map(|index| start + step * index as f64)
        .filter(|at| *at <= now)
        .filter_map(|at| {
            let value = match state.metrics.answer(&query, instant_of(at)) {
                Answer::Scalar(value) => Some(value),
                Answer::Vector(values) => values.first().copied(),
            };
            value.map(|value| json!([at, number(value)]))
        })
        .collect();
    let result = if values.is_empty() { json!([]) } else { json!([{"metric": labels(&query), "values": values}]) };
    Ok(json!({"resultType": "matrix", "result": result}))
}

fn labels(query: &query::Query) -> Value {
    if query.what == query::What::Up {
        json!({"__name__": "up", "instance": "127.0.0.1:9090", "job": query.service.as_deref().unwrap_or("prometheus")})
    } else {
        json!({})
    }
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}

fn instant_of(seconds: f64) -> Timestamp {
    Timestamp::from_millisecond((seconds * 1000.0) as i64).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Seconds or RFC 3339.
fn read_time(name: &str, text: &str) -> Result<f64, String> {
    let parsed = text.parse::<f64>().ok().filter(|at| at.is_finite());
    parsed
        .or_else(|| text.parse().ok().map(seconds))
        .ok_or_else(|| format!("invalid parameter {name:?}: cannot parse {text:?} to a valid timestamp"))
}
