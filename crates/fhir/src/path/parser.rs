//! Tokens to a tree, by operator precedence (FHIRPath, section 8).

use std::sync::OnceLock;

use super::ParseError;
use super::ast::{
    Call, Expr, Literal, Name, Operator, Sign, SystemType, TypeName, TypeTest, Variable,
};
use super::function::Function;
use super::lexer::{Spanned, Token, tokens};
use super::quantity::{CalendarUnit, Quantity, Unit};
use crate::definitions::{TypeDef, types};

/// The longest text that is read, in bytes.
const LONGEST: usize = 64 * 1024;
/// The deepest nesting of brackets and arguments.
const DEEPEST: usize = 64;
/// The longest chain of operators and steps, which is the depth of the tree to the left.
const HIGHEST: usize = 250;

pub(super) fn parse(text: &str) -> Result<Expr, ParseError> {
    if text.len() > LONGEST {
        return Err(ParseError::TooLong);
    }
    let tokens = tokens(text)?;
    let mut parser = Parser {
        end: text.len(),
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    let (expr, _) = parser.expression(0)?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(parser.bad("something after the end of the expression")),
    }
}

struct Parser<'t> {
    tokens: &'t [Spanned],
    at: usize,
    end: usize,
    depth: usize,
}

/// A tree and its height.
type Tall = (Expr, usize);

enum Infix {
    Operator(Operator),
    Typed(TypeTest),
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at).map(|s| &s.token)
    }

    fn bad(&self, what: &'static str) -> ParseError {
        let at = self.tokens.get(self.at).map_or(self.end, |s| s.at);
        ParseError::Syntax { at, what }
    }

    fn advance(&mut self) -> Option<&'t Token> {
        let token = self.peek();
        self.at += usize::from(token.is_some());
        token
    }

    fn take(&mut self, sign: &'static str) -> bool {
        let found = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, sign: &'static str, what: &'static str) -> Result<(), ParseError> {
        if self.take(sign) {
            Ok(())
        } else {
            Err(self.bad(what))
        }
    }

    /// An expression whose operators bind at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Result<Tall, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ParseError::TooDeep);
        }
        let mut left = self.prefix()?;
        while let Some((infix, binding)) = self.infix().filter(|(_, b)| *b >= least) {
            self.at += 1;
            left = match infix {
                Infix::Operator(operator) => {
                    let right = self.expression(binding + 1)?;
                    let height = grown(left.1.max(right.1))?;
                    (
                        Expr::Binary(operator, Box::new(left.0), Box::new(right.0)),
                        height,
                    )
                }
                Infix::Typed(test) => {
                    let ty = self.type_name()?;
                    (Expr::Typed(test, Box::new(left.0), ty), grown(left.1)?)
                }
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator that comes next and how tightly it binds.
    fn infix(&self) -> Option<(Infix, u8)> {
        use Operator as O;
        let (operator, binding) = match self.peek()? {
            Token::Sign(sign) => match *sign {
                "*" => (O::Multiply, 10),
                "/" => (O::Divide, 10),
                "+" => (O::Add, 9),
                "-" => (O::Subtract, 9),
                "&" => (O::Concatenate, 9),
                "|" => (O::Union, 7),
                "<" => (O::Less, 6),
                "<=" => (O::LessOrEqual, 6),
                ">" => (O::Greater, 6),
                ">=" => (O::GreaterOrEqual, 6),
                "=" => (O::Equal, 5),
                "!=" => (O::NotEqual, 5),
                "~" => (O::Equivalent, 5),
                "!~" => (O::NotEquivalent, 5),
                _ => return None,
            },
            Token::Name(word, false) => match &**word {
                "is" => return Some((Infix::Typed(TypeTest::Is), 8)),
                "as" => return Some((Infix::Typed(TypeTest::As), 8)),
                "div" => (O::Div, 10),
                "mod" => (O::Mod, 10),
                "in" => (O::In, 4),
                "contains" => (O::Contains, 4),
                "and" => (O::And, 3),
                "or" => (O::Or, 2),
                "xor" => (O::Xor, 2),
                "implies" => (O::Implies, 1),
                _ => return None,
            },
            Token::Name(_, true)
            | Token::String(_)
            | Token::Integer(_)
            | Token::Decimal(_)
            | Token::Date(_)
            | Token::DateTime(_)
            | Token::Time(_)
            | Token::Variable(_)
            | Token::Dollar(_) => return None,
        };
        Some((Infix::Operator(operator), binding))
    }

    fn prefix(&mut self) -> Result<Tall, ParseError> {
        let mut signs = Vec::new();
        loop {
            if self.take("-") {
                signs.push(Sign::Minus);
            } else if self.take("+") {
                signs.push(Sign::Plus);
            } else {
                break;
            }
        }
        let mut out = self.path()?;
        for sign in signs.into_iter().rev() {
            out = (Expr::Sign(sign, Box::new(out.0)), grown(out.1)?);
        }
        Ok(out)
    }

    /// A term followed by steps and indexes.
    fn path(&mut self) -> Result<Tall, ParseError> {
        let mut out = self.term()?;
        loop {
            if self.take(".") {
                out = self.step(out)?;
            } else if self.take("[") {
                let index = self.expression(0)?;
                self.need("]", "an index needs a ]")?;
                let height = grown(out.1.max(index.1))?;
                out = (Expr::At(Box::new(out.0), Box::new(index.0)), height);
            } else {
                return Ok(out);
            }
        }
    }

    fn step(&mut self, base: Tall) -> Result<Tall, ParseError> {
        let height = grown(base.1)?;
        match self.advance() {
            Some(Token::Name(name, quoted)) => {
                if !quoted && self.take("(") {
                    let (call, inner) = self.call(name, Some(base.0))?;
                    return Ok((call, grown(height.max(inner))?));
                }
                Ok((Expr::Member(Box::new(base.0), element(name)), height))
            }
            Some(Token::Dollar(name)) if &**name == "this" => Ok((base.0, height)),
            _ => Err(self.bad("after a point comes a name")),
        }
    }

    fn term(&mut self) -> Result<Tall, ParseError> {
        let expr = match self.advance() {
            Some(Token::Sign("(")) => {
                let inner = self.expression(0)?;
                self.need(")", "a bracket is not closed")?;
                return Ok(inner);
            }
            Some(Token::Sign("{")) => {
                self.need("}", "a brace is not closed")?;
                Expr::Empty
            }
            Some(Token::String(s)) => Expr::Literal(Literal::String(s.clone())),
            Some(Token::Integer(n)) => {
                let number = rust_decimal::Decimal::from(*n);
                match self.unit() {
                    Some(unit) => quantity(number, unit),
                    None => Expr::Literal(Literal::Integer(*n)),
                }
            }
            Some(Token::Decimal(d)) => match self.unit() {
                Some(unit) => quantity(*d, unit),
                None => Expr::Literal(Literal::Decimal(*d)),
            },
            Some(Token::Date(s)) => Expr::Literal(Literal::Date(*s)),
            Some(Token::DateTime(s)) => Expr::Literal(Literal::DateTime(*s)),
            Some(Token::Time(s)) => Expr::Literal(Literal::Time(*s)),
            Some(Token::Variable(name)) => Expr::Variable(variable(name)),
            Some(Token::Dollar(name)) => match &**name {
                "this" => Expr::This,
                "index" => Expr::Index,
                "total" => Expr::Total,
                _ => return Err(self.bad("only $this, $index and $total begin with $")),
            },
            Some(Token::Name(name, quoted)) => return self.named(name, *quoted),
            Some(Token::Sign(_)) | None => {
                self.at = self.at.saturating_sub(1);
                return Err(self.bad("a value is missing here"));
            }
        };
        Ok((expr, 1))
    }

    fn named(&mut self, name: &str, quoted: bool) -> Result<Tall, ParseError> {
        if !quoted {
            if self.take("(") {
                return self.call(name, None);
            }
            match name {
                "true" => return Ok((Expr::Literal(Literal::Boolean(true)), 1)),
                "false" => return Ok((Expr::Literal(Literal::Boolean(false)), 1)),
                _ => {}
            }
        }
        Ok((Expr::Start(element(name)), 1))
    }

    fn unit(&mut self) -> Option<Unit> {
        let unit = match self.peek()? {
            Token::String(code) => Unit::quoted(code),
            Token::Name(word, false) => Unit::Calendar(CalendarUnit::by_name(word)?),
            _ => return None,
        };
        self.at += 1;
        Some(unit)
    }

    /// A call; the opening bracket has been taken.
    fn call(&mut self, name: &str, base: Option<Expr>) -> Result<Tall, ParseError> {
        let test = match name {
            "is" => Some(TypeTest::Is),
            "as" => Some(TypeTest::As),
            "ofType" => Some(TypeTest::OfType),
            _ => None,
        };
        if let Some(test) = test {
            let ty = self.type_name()?;
            self.need(")", "a bracket is not closed")?;
            return Ok((
                Expr::Typed(test, Box::new(base.unwrap_or(Expr::This)), ty),
                2,
            ));
        }
        let Some(function) = Function::by_name(name) else {
            return Err(ParseError::UnknownFunction(name.into()));
        };
        let mut call = Call {
            base,
            function,
            arguments: Vec::new(),
            descending: Vec::new(),
            pattern: OnceLock::new(),
        };
        let mut height = 1;
        if !self.take(")") {
            loop {
                if function == Function::Sort {
                    call.descending.push(self.take("-"));
                }
                let (argument, inner) = self.expression(0)?;
                height = height.max(inner);
                call.arguments.push(argument);
                if self.take(")") {
                    break;
                }
                self.need(",", "arguments are separated by commas")?;
            }
        }
        let arity = function.arity();
        if !(arity.least..=arity.most).contains(&call.arguments.len()) {
            return Err(ParseError::Arguments(function.name()));
        }
        Ok((Expr::Call(Box::new(call)), grown(height)?))
    }

    fn type_name(&mut self) -> Result<TypeName, ParseError> {
        let bracketed = self.take("(");
        let first = self.word()?;
        let mut name = String::from(first);
        let namespace = matches!(first, "FHIR" | "System").then_some(first);
        if namespace.is_some() {
            self.need(".", "after a namespace comes a point")?;
            name = String::from(self.word()?);
        }
        while self.peek() == Some(&Token::Sign(".")) && types().by_name(&name).is_some() {
            let Some(Token::Name(next, _)) = self.tokens.get(self.at + 1).map(|s| &s.token) else {
                break;
            };
            let longer = format!("{name}.{next}");
            if types().by_name(&longer).is_none() {
                break;
            }
            self.at += 2;
            name = longer;
        }
        if bracketed {
            self.need(")", "a bracket is not closed")?;
        }
        find_type(namespace, &name).ok_or_else(|| ParseError::UnknownType(name.into()))
    }

    fn word(&mut self) -> Result<&'t str, ParseError> {
        match self.advance() {
            Some(Token::Name(word, _)) => Ok(word),
            _ => Err(self.bad("a type's name is missing here")),
        }
    }
}

fn grown(height: usize) -> Result<usize, ParseError> {
    if height >= HIGHEST {
        return Err(ParseError::TooDeep);
    }
    Ok(height + 1)
}

fn element(name: &str) -> Name {
    let ty = name
        .starts_with(|c: char| c.is_ascii_uppercase())
        .then(|| types().by_name(name).map(TypeDef::id))
        .flatten();
    Name {
        text: name.into(),
        ty,
    }
}

fn quantity(value: rust_decimal::Decimal, unit: Unit) -> Expr {
    Expr::Literal(Literal::Quantity(Quantity { value, unit }))
}

fn find_type(namespace: Option<&str>, name: &str) -> Option<TypeName> {
    let fhir = || types().by_name(name).map(|t| TypeName::Fhir(t.id()));
    match namespace {
        Some("System") => {
            Some(SystemType::by_name(name).map_or(TypeName::Nothing, TypeName::System))
        }
        Some(_) => fhir(),
        // `Quantity` alone is FHIR's: the context of use is a FHIR model.
        None => fhir().or_else(|| SystemType::by_name(name).map(TypeName::System)),
    }
}

fn variable(name: &str) -> Variable {
    let fixed = match name {
        "context" => return Variable::Context,
        "resource" => return Variable::Resource,
        "rootResource" => return Variable::RootResource,
        "sct" => String::from("http://snomed.info/sct"),
        "loinc" => "http://loinc.org".into(),
        "ucum" => "http://unitsofmeasure.org".into(),
        _ => {
            if let Some(id) = name.strip_prefix("vs-") {
                format!("http://hl7.org/fhir/ValueSet/{id}")
            } else if let Some(id) = name.strip_prefix("ext-") {
                format!("http://hl7.org/fhir/StructureDefinition/{id}")
            } else {
                return Variable::Named(name.into());
            }
        }
    };
    Variable::Fixed(fixed.into_boxed_str())
}
