//! Makes text from outside safe and short enough for a terminal, at the door where it comes in.

use std::fmt::Display;

use unicode_width::UnicodeWidthChar;

/// Longest text that is kept from any single foreign field, in characters.
pub const LONGEST: usize = 4096;

/// `text` with every control, escape, bidirectional and zero-width character made visible, cut at [`LONGEST`].
///
/// Kubernetes validates names, but annotations, messages and pull request titles hold whatever somebody wrote.
pub fn visible(text: &str) -> String {
    visible_up_to(text, LONGEST)
}

/// The same with a limit of its own; a cut is marked with `…`.
pub fn visible_up_to(text: &str, limit: usize) -> String {
    // Nearly every text is plain, and then looking at its bytes is all there is to do.
    if text.len() <= limit && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len().min(limit));
    for (count, character) in text.chars().enumerate() {
        if count == limit {
            shown.push('…');
            break;
        }
        match character {
            '\n' | '\t' => shown.push(' '),
            '\0'..='\u{1f}' => shown.push(control_picture(character)),
            '\u{7f}' => shown.push('␡'),
            _ if is_treacherous(character) => {
                shown.extend(format!("<U+{:04X}>", character as u32).chars());
            }
            _ => shown.push(character),
        }
    }
    shown
}

/// `1 rollout`, `2 rollouts`: the number with the words that agree with it.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let words = if count == N::from(1) { one } else { many };
    format!("{count} {words}")
}

/// The visible twin of a C0 control, from the Unicode block "Control Pictures".
fn control_picture(control: char) -> char {
    char::from_u32(0x2400 + control as u32).unwrap_or('?')
}

/// Characters that occupy no cell or change how their neighbours are shown: C1 controls, bidirectional marks and
/// overrides, zero-width joiners and spaces, tags, variation selectors, line separators and lone combining marks.
fn is_treacherous(character: char) -> bool {
    matches!(character,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
        || character.width().unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_pictures() {
        assert_eq!(visible("a\u{1b}[31mb"), "a␛[31mb");
        assert_eq!(visible("x\u{202e}y\u{200b}z"), "x<U+202E>y<U+200B>z");
        assert_eq!(visible("two\nlines"), "two lines");
    }

    #[test]
    fn one_is_one_and_all_else_is_many() {
        let told = |count: u64| counted(count, "error", "errors");
        assert_eq!([told(0), told(1), told(2)], ["0 errors", "1 error", "2 errors"]);
        assert_eq!(counted(-1, "pod is", "pods are"), "-1 pods are");
    }

    #[test]
    fn a_long_text_is_cut_with_a_sign() {
        assert_eq!(visible_up_to("abcdef", 3), "abc…");
        assert_eq!(visible_up_to("abc", 3), "abc");
    }
}
