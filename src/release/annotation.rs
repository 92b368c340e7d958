//! What GitHub notes at a failed job, and the exit code that stands in it.

use super::json::Json;

/// Exit codes of k6's own: others are those of whatever else failed.
const K6: std::ops::RangeInclusive<i32> = 97..=110;

/// The exit codes in `GET /check-runs/{id}/annotations`, in their order. The error is the reason why it is no such list.
pub fn exit_codes(bytes: &[u8]) -> Result<Vec<i32>, String> {
    let list = Json::parse(bytes)?;
    if !list.is_list() {
        return Err("is no list of annotations".to_owned());
    }
    Ok(list.items().into_iter().filter_map(|item| exit_code(&item.get("message").text()?)).collect())
}

/// The one of k6's among them.
pub fn of_k6(codes: &[i32]) -> Option<i32> {
    codes.iter().copied().find(|code| K6.contains(code))
}

/// `Process completed with exit code 99.`; of a container `Docker run failed with exit code 99`.
fn exit_code(message: &str) -> Option<i32> {
    let (_, rest) = message.split_once("exit code ")?;
    let digits = rest.split(|sign: char| !sign.is_ascii_digit() && sign != '-').next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_code_stands_in_the_sentence() {
        let page = br#"[{"annotation_level":"warning","message":"Node.js 20 is deprecated"},
            {"message":"Process completed with exit code 1."},{"message":null},
            {"message":"Docker run failed with exit code 99"}]"#;
        let codes = exit_codes(page).unwrap();
        assert_eq!((&codes[..], of_k6(&codes), of_k6(&[0, 1])), (&[1, 99][..], Some(99), None));
        assert!(exit_codes(br#"{"message":"Not Found"}"#).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(value in crate::release::json::foreign(), text in "exit code [ -~]{0,20}") {
            let page = format!(r#"[{{"message":{value}}},{value},{{"message":{text:?}}}]"#);
            let _ = (exit_codes(page.as_bytes()), exit_codes(value.as_bytes()));
        }
    }
}
