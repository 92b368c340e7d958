//! Reads the part of the expr language that analysis conditions are written in: comparisons, `&&`, `||`, calls, indices.

/// A condition, as far as it is understood.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Number(f64),
    Text(String),
    /// `result`, `true`, `nil`, ...
    Name(String),
    /// `of[index]`.
    Index(Box<Expression>, Box<Expression>),
    /// `of.name`.
    Member(Box<Expression>, String),
    /// `name(arguments)`.
    Call(String, Vec<Expression>),
    Negative(Box<Expression>),
    Not(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
}

/// Longest condition that is looked at, and the most parts it may have: what a stack carries without a thought.
const LONGEST: usize = 2_000;
const MOST_PARTS: usize = 300;

/// The condition as a tree; None when it has anything that is not understood here (closures, ternaries, pipes, ...).
pub fn parse(condition: &str) -> Option<Expression> {
    if condition.len() > LONGEST {
        return None;
    }
    let tokens = tokens(condition)?;
    if tokens.len() > MOST_PARTS {
        return None;
    }
    let mut parser = Parser { tokens: &tokens, at: 0 };
    let expression = parser.binary(0)?;
    (parser.at == tokens.len()).then_some(expression)
}

impl Expression {
    /// This and everything in it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expression)) {
        visit(self);
        match self {
            Expression::Number(_) | Expression::Text(_) | Expression::Name(_) => (),
            Expression::Member(inner, _) | Expression::Negative(inner) | Expression::Not(inner) => inner.walk(visit),
            Expression::Index(left, right) | Expression::Binary(_, left, right) => {
                left.walk(visit);
                right.walk(visit);
            }
            Expression::Call(_, arguments) => arguments.iter().for_each(|argument| argument.walk(visit)),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Name(String),
    Sign(&'static str),
}

/// Two-character signs first, so that `<=` is not read as `<`.
const SIGNS: [&str; 21] =
    ["||", "&&", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "%", "!", "(", ")", "[", "]", ",", ".", "?"];

fn tokens(mut rest: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else {
            return Some(tokens);
        };
        let is_number = first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()));
        let (token, length) = if is_number {
            number(rest)?
        } else if first.is_ascii_alphabetic() || first == '_' || first == '$' {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            (word(&rest[..length]), length)
        } else if matches!(first, '\'' | '"' | '`') {
            text(rest, first)?
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
            (Token::Sign(sign), sign.len())
        };
        tokens.push(token);
        rest = &rest[length..];
    }
}

/// The words that are signs.
fn word(word: &str) -> Token {
    match word {
        "or" => Token::Sign("||"),
        "and" => Token::Sign("&&"),
        "not" => Token::Sign("!"),
        _ => Token::Name(word.to_owned()),
    }
}

fn number(text: &str) -> Option<(Token, usize)> {
    let bytes = text.as_bytes();
    let is_exponent = |at: usize| at > 0 && matches!(bytes[at - 1], b'e' | b'E');
    let length = (0..bytes.len())
        .find(|&at| match bytes[at] {
            b'0'..=b'9' | b'.' | b'_' | b'e' | b'E' => false,
            b'+' | b'-' => !is_exponent(at),
            _ => true,
        })
        .unwrap_or(bytes.len());
    let number = text[..length].replace('_', "").parse().ok()?;
    Some((Token::Number(number), length))
}

fn text(rest: &str, quote: char) -> Option<(Token, usize)> {
    let mut is_escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        if character == quote && !is_escaped {
            return Some((Token::Text(rest[1..at].to_owned()), at + 1));
        }
        is_escaped = character == '\\' && !is_escaped && quote != '`';
    }
    None
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Parser<'_> {
    /// Everything that binds at least as tightly as `tightness`.
    fn binary(&mut self, tightness: u8) -> Option<Expression> {
        let mut left = self.unary()?;
        while let Some((operator, binds)) = self.operator()
            && binds >= tightness
        {
            self.at += 1;
            let right = self.binary(binds + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Some(left)
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        let Some(Token::Sign(sign)) = self.tokens.get(self.at) else {
            return None;
        };
        Some(match *sign {
            "||" => (Operator::Or, 1),
            "&&" => (Operator::And, 2),
            "<" => (Operator::Less, 3),
            "<=" => (Operator::LessOrEqual, 3),
            ">" => (Operator::Greater, 3),
            ">=" => (Operator::GreaterOrEqual, 3),
            "==" => (Operator::Equal, 3),
            "!=" => (Operator::NotEqual, 3),
            "+" => (Operator::Plus, 4),
            "-" => (Operator::Minus, 4),
            "*" => (Operator::Times, 5),
            "/" => (Operator::Divide, 5),
            "%" => (Operator::Modulo, 5),
            _ => return None,
        })
    }

    /// In the expr language `!` binds tighter than a comparison: `!a < b` is `(!a) < b`.
    fn unary(&mut self) -> Option<Expression> {
        if self.take("!") {
            return Some(Expression::Not(Box::new(self.unary()?)));
        }
        if self.take("-") {
            return Some(Expression::Negative(Box::new(self.unary()?)));
        }
        if self.take("+") {
            return self.unary();
        }
        let mut expression = self.primary()?;
        loop {
            if self.take("[") {
                let index = self.binary(0)?;
                self.take("]").then_some(())?;
                expression = Expression::Index(Box::new(expression), Box::new(index));
            } else if self.take(".") {
                let Token::Name(name) = self.next()? else { return None };
                expression = Expression::Member(Box::new(expression), name.clone());
            } else {
                return Some(expression);
            }
        }
    }

    fn primary(&mut self) -> Option<Expression> {
        match self.next()? {
            Token::Number(number) => Some(Expression::Number(*number)),
            Token::Text(text) => Some(Expression::Text(text.clone())),
            Token::Name(name) => {
                let name = name.clone();
                if self.take("(") {
                    Some(Expression::Call(name, self.arguments()?))
                } else {
                    Some(Expression::Name(name))
                }
            }
            Token::Sign("(") => {
                let inner = self.binary(0)?;
                self.take(")").then_some(inner)
            }
            Token::Sign(_) => None,
        }
    }

    fn arguments(&mut self) -> Option<Vec<Expression>> {
        let mut arguments = Vec::new();
        if self.take(")") {
            return Some(arguments);
        }
        loop {
            arguments.push(self.binary(0)?);
            if self.take(")") {
                return Some(arguments);
            }
            self.take(",").then_some(())?;
        }
    }

    fn next(&mut self) -> Option<&Token> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    fn take(&mut self, sign: &str) -> bool {
        let is_it = matches!(self.tokens.get(self.at), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(is_it);
        is_it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_bind_as_in_the_expr_language() {
        let tree = |condition| format!("{:?}", parse(condition));
        assert_eq!(tree("a or b and c < 1 + 2 * 3"), tree("a || (b && (c < (1 + (2 * 3))))"));
        assert_eq!(tree("!a < b"), tree("(!a) < b"));
        assert_eq!(tree("a < b == true"), tree("(a < b) == true"));
        assert_eq!(tree("-a[0] < 1"), tree("(-(a[0])) < 1"));
    }

    #[test]
    fn what_is_not_understood_is_no_tree() {
        for condition in
            ["", "a ? b : c", "all(result, # < 1)", "a | b", "a in b", "'open", "1 2", "f(", "a[", "{{x}}", "ä"]
        {
            assert_eq!(parse(condition), None, "{condition}");
        }
    }
}
