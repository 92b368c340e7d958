//! The success and failure conditions of analysis metrics, as far as real templates use their language.

/// What a metric returned.
#[derive(Clone, Debug, PartialEq)]
enum Term {
    Number(f64),
    Bool(bool),
    List(Vec<f64>),
    Nil,
    /// Failed while running; `true || failed` is still true, so it may not end the reading.
    Failed(String),
}

/// Evaluates a condition over what the metric returned: a list for a vector, a number for a scalar.
pub(super) fn holds(condition: &str, result: &super::metrics::Answer) -> Result<bool, String> {
    let result = match result {
        super::metrics::Answer::Vector(values) => Term::List(values.clone()),
        super::metrics::Answer::Scalar(value) => Term::Number(*value),
    };
    let tokens = tokens(condition)?;
    if tokens.len() > 200 {
        return Err("compilation failed: expression is too long".to_owned());
    }
    let mut reader = Reader { tokens: &tokens, result: &result };
    let value = reader.either()?;
    if let Some(rest) = reader.tokens.first() {
        return Err(format!("unexpected token {rest}"));
    }
    match value {
        Term::Bool(value) => Ok(value),
        Term::Failed(why) => Err(why),
        other => Err(format!("expected bool, but got {}", other.kind())),
    }
}

impl Term {
    fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "float64",
            Self::Bool(_) => "bool",
            Self::List(_) => "[]float64",
            Self::Nil => "nil",
            Self::Failed(_) => "error",
        }
    }
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_alphanumeric() || first == '_' || first == '.' {
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').unwrap_or(rest.len())
        } else if ["&&", "||", "<=", ">=", "==", "!="].iter().any(|two| rest.starts_with(two)) {
            2
        } else if "<>!+-*/%()[],".contains(first) {
            1
        } else {
            return Err(format!("unrecognized character: U+{:04X} {first:?}", u32::from(first)));
        };
        let (token, after) = rest.split_at(length);
        tokens.push(match token {
            "and" => "&&".to_owned(),
            "or" => "||".to_owned(),
            "not" => "!".to_owned(),
            other => other.to_owned(),
        });
        rest = after.trim_start();
    }
    Ok(tokens)
}

struct Reader<'a> {
    tokens: &'a [String],
    result: &'a Term,
}

impl Reader<'_> {
    fn take(&mut self, wanted: &[&str]) -> Option<String> {
        let (first, rest) = self.tokens.split_first()?;
        wanted.contains(&first.as_str()).then(|| {
            self.tokens = rest;
            first.clone()
        })
    }

    fn need(&mut self, wanted: &str) -> Result<(), String> {
        self.take(&[wanted]).map(drop).ok_or_else(|| match self.tokens.first() {
            Some(other) => format!("unexpected token {other}"),
            None => "unexpected token EOF".to_owned(),
        })
    }

    fn either(&mut self) -> Result<Term, String> {
        let mut left = self.both()?;
        while self.take(&["||"]).is_some() {
            let right = self.both()?;
            left = logic("||", true, &left, &right)?;
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Term, String> {
        let mut left = self.comparison()?;
        while self.take(&["&&"]).is_some() {
            let right = self.comparison()?;
            left = logic("&&", false, &left, &right)?;
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Term, String> {
        let left = self.sum()?;
        let Some(operator) = self.take(&["<", "<=", ">", ">=", "==", "!="]) else { return Ok(left) };
        let right = self.sum()?;
        match (operator.as_str(), &left, &right) {
            (_, Term::Failed(_), _) => Ok(left),
            (_, _, Term::Failed(_)) => Ok(right),
            ("==", _, _) if left.kind() == right.kind() => Ok(Term::Bool(left == right)),
            ("!=", _, _) if left.kind() == right.kind() => Ok(Term::Bool(left != right)),
            ("==" | "!=", Term::Nil, _) | ("==" | "!=", _, Term::Nil) => Ok(Term::Bool(operator == "!=")),
            (_, Term::Number(a), Term::Number(b)) => Ok(Term::Bool(match operator.as_str() {
                "<" => a < b,
                "<=" => a <= b,
                ">" => a > b,
                _ => a >= b,
            })),
            _ => Err(mismatch(&operator, &left, &right)),
        }
    }

    fn sum(&mut self) -> Result<Term, String> {
        let mut left = self.product()?;
        while let Some(operator) = self.take(&["+", "-"]) {
            let right = self.product()?;
            left = arithmetic(&operator, &left, &right)?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Term, String> {
        let mut left = self.sign()?;
        while let Some(operator) = self.take(&["*", "/", "%"]) {
            let right = self.sign()?;
            left = arithmetic(&operator, &left, &right)?;
        }
        Ok(left)
    }

    fn sign(&mut self) -> Result<Term, String> {
        if self.take(&["!"]).is_some() {
            return match self.sign()? {
                Term::Bool(value) => Ok(Term::Bool(!value)),
                other => Err(format!("invalid operation: ! (mismatched type {})", other.kind())),
            };
        }
        if self.take(&["-"]).is_some() {
            let zero = Term::Number(0.0);
            let value = self.sign()?;
            return arithmetic("-", &zero, &value);
        }
        let mut value = self.atom()?;
        while self.take(&["["]).is_some() {
            let index = self.either()?;
            self.need("]")?;
            value = match (&value, &index) {
                (Term::List(values), Term::Number(index)) => match values.get(*index as usize) {
                    Some(value) => Term::Number(*value),
                    None => Term::Failed(format!("index out of range: {index} (array length is {})", values.len())),
                },
                (Term::Failed(_), _) => value,
                (other, _) => return Err(format!("type {} does not support indexing", other.kind())),
            };
        }
        Ok(value)
    }

    fn atom(&mut self) -> Result<Term, String> {
        if self.take(&["("]).is_some() {
            let value = self.either()?;
            self.need(")")?;
            return Ok(value);
        }
        let Some((word, rest)) = self.tokens.split_first() else { return Err("unexpected token EOF".to_owned()) };
        self.tokens = rest;
        match word.as_str() {
            "true" => Ok(Term::Bool(true)),
            "false" => Ok(Term::Bool(false)),
            "nil" => Ok(Term::Nil),
            "result" => Ok(self.result.clone()),
            word if self.take(&["("]).is_some() => {
                let mut arguments = vec![self.either()?];
                while self.take(&[","]).is_some() {
                    arguments.push(self.either()?);
                }
                self.need(")")?;
                call(word, &arguments)
            }
            word => word.parse().map(Term::Number).map_err(|_| format!("unknown name {word}")),
        }
    }
}

fn call(name: &str, arguments: &[Term]) -> Result<Term, String> {
    if let Some(failed) = arguments.iter().find(|argument| matches!(argument, Term::Failed(_))) {
        return Ok(failed.clone());
    }
    match (name, arguments) {
        ("isNaN", [Term::Number(value)]) => Ok(Term::Bool(value.is_nan())),
        ("isInf", [Term::Number(value)]) => Ok(Term::Bool(value.is_infinite())),
        ("isNil", [value]) => Ok(Term::Bool(*value == Term::Nil)),
        ("len", [Term::List(values)]) => Ok(Term::Number(values.len() as f64)),
        ("asFloat", [Term::Number(value)]) => Ok(Term::Number(*value)),
        ("asInt", [Term::Number(value)]) => Ok(Term::Number(value.trunc())),
        ("default", [Term::Nil, other]) => Ok(other.clone()),
        ("default", [value, _]) => Ok(value.clone()),
        ("isNaN" | "isInf" | "len" | "asFloat" | "asInt", [other, ..]) => {
            Err(format!("cannot use {} as argument to call {name}", other.kind()))
        }
        _ => Err(format!("unknown name {name}")),
    }
}

/// `decisive` is the value that settles the matter when it stands on the left.
fn logic(operator: &str, decisive: bool, left: &Term, right: &Term) -> Result<Term, String> {
    match (left, right) {
        (Term::Bool(a), _) if *a == decisive => Ok(Term::Bool(decisive)),
        (Term::Failed(_), _) => Ok(left.clone()),
        (Term::Bool(_), Term::Bool(_) | Term::Failed(_)) => Ok(right.clone()),
        _ => Err(mismatch(operator, left, right)),
    }
}

fn arithmetic(operator: &str, left: &Term, right: &Term) -> Result<Term, String> {
    match (left, right) {
        (Term::Failed(_), _) => Ok(left.clone()),
        (_, Term::Failed(_)) => Ok(right.clone()),
        (Term::Number(a), Term::Number(b)) => Ok(Term::Number(match operator {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            _ => a % b,
        })),
        _ => Err(mismatch(operator, left, right)),
    }
}

fn mismatch(operator: &str, left: &Term, right: &Term) -> String {
    format!("invalid operation: {operator} (mismatched types {} and {})", left.kind(), right.kind())
}
