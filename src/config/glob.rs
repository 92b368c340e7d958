//! Patterns for context names: `*` is any text, `?` any one character, and case does not count.

/// Whether the whole name is what the pattern says. Linear in space, and no pattern makes it slow.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let fold = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (pattern, name) = (fold(pattern), fold(name));
    let (mut p, mut n) = (0, 0);
    // The last star, and the place in the name up to which it has eaten.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, eaten)) = star else { return false };
                star = Some((at, eaten + 1));
                p = at + 1;
                n = eaten + 1;
            }
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

/// Whether it is a pattern, and not a name.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name, expected) in [
            ("*prod*", "eu-prod-1", true),
            ("*prod*", "PROD", true),
            ("*prod*", "staging", false),
            ("arn:aws:*:cluster/prod", "arn:aws:eks:eu:1:cluster/prod", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b", "aabab", true),
            ("*a*b", "aaba", false),
            ("", "", true),
            ("", "a", false),
            ("**", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_its_own_pattern_and_stars_match_all(name in "[^*?]{0,20}", other in any::<String>()) {
            prop_assert!(matches(&name, &name));
            prop_assert!(matches("*", &other));
            let _ = matches(&other, &name);
        }
    }
}
