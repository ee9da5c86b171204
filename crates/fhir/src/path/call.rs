//! From a call to its function.

use rust_decimal::MathematicalOps as _;
use smallvec::smallvec;

use super::ast::{Call, Expr};
use super::convert::{self, Target};
use super::eval::{Eval, Frame, Result, bool_items, index_item, single, truth_of, wrong_type};
use super::function::Function as F;
use super::item::{Item, Items};
use super::operator::{integer, string};
use super::temporal::{Edge, Stamp};
use super::{EvaluateError, collection, compare, fhir, number, text};

impl<'a> Eval<'a> {
    /// A function call.
    pub(super) fn call(&mut self, call: &'a Call, frame: Frame<'_, 'a>) -> Result<Items<'a>> {
        if self.is_strict() && needs_order(call) {
            return Err(EvaluateError::Unordered(call.function.name()));
        }
        let input = match &call.base {
            Some(base) => self.eval(base, frame)?,
            None => smallvec![frame.this.clone()],
        };
        match call.function {
            F::Empty => Ok(bool_items(Some(input.is_empty()))),
            F::Not => Ok(bool_items(truth_of(&input)?.map(|b| !b))),
            F::Exists if call.arguments.is_empty() => Ok(bool_items(Some(!input.is_empty()))),
            F::Where | F::Exists | F::All | F::Select | F::Repeat | F::Aggregate | F::Sort => {
                self.iterate(call, input, frame)
            }
            F::Iif => self.iif(call, &input, frame),
            F::Trace => Ok(input),
            F::DefineVariable => self.define_variable(call, input, frame),
            F::Coalesce => {
                for argument in &call.arguments {
                    let items = self.scoped(argument, frame)?;
                    if !items.is_empty() {
                        return Ok(items);
                    }
                }
                Ok(Items::new())
            }
            F::Matches | F::MatchesFull | F::ReplaceMatches => self.patterned(call, &input, frame),
            _ => {
                let first = self.argument(call, 0, frame)?;
                let second = self.argument(call, 1, frame)?;
                self.plain(call.function, input, &first, &second)
            }
        }
    }

    pub(super) fn argument(
        &mut self,
        call: &'a Call,
        n: usize,
        frame: Frame<'_, 'a>,
    ) -> Result<Items<'a>> {
        match call.arguments.get(n) {
            Some(argument) => self.scoped(argument, frame),
            None => Ok(Items::new()),
        }
    }

    fn patterned(
        &mut self,
        call: &'a Call,
        input: &Items<'a>,
        frame: Frame<'_, 'a>,
    ) -> Result<Items<'a>> {
        let name = call.function.name();
        let given = self.argument(call, 0, frame)?;
        let flags_at = if call.function == F::ReplaceMatches {
            2
        } else {
            1
        };
        let flags = self.argument(call, flags_at, frame)?;
        let with = self.argument(call, 1, frame)?;
        let (Some(text), Some(given)) = (string(input, name)?, string(&given, name)?) else {
            return Ok(Items::new());
        };
        let flags = string(&flags, name)?.unwrap_or_default();
        let full = call.function == F::MatchesFull;
        let made;
        let is_fixed = matches!(call.arguments.first(), Some(Expr::Literal(_)))
            && matches!(call.arguments.get(flags_at), None | Some(Expr::Literal(_)));
        let regex = if is_fixed {
            call.pattern
                .get_or_init(|| compile(given, flags, full))
                .as_ref()
        } else {
            self.charge(1000 + given.len().saturating_mul(20))?;
            made = compile(given, flags, full);
            made.as_ref()
        };
        let regex = regex.ok_or(EvaluateError::Pattern)?;
        if call.function == F::ReplaceMatches {
            return match string(&with, name)? {
                Some(with) => text::replace_matches(self, text, regex, with),
                None => Ok(Items::new()),
            };
        }
        text::matches(self, text, regex)
    }

    /// The functions whose arguments are values.
    #[allow(
        clippy::too_many_lines,
        reason = "a table: one line for each function of the specification"
    )]
    fn plain(
        &mut self,
        function: F,
        input: Items<'a>,
        first: &Items<'a>,
        second: &Items<'a>,
    ) -> Result<Items<'a>> {
        let name = function.name();
        match function {
            F::Count => Ok(smallvec![index_item(input.len())]),
            F::AllTrue => all_are(&input, true, name),
            F::AllFalse => all_are(&input, false, name),
            F::AnyTrue => any_is(&input, true, name),
            F::AnyFalse => any_is(&input, false, name),
            F::SubsetOf => Ok(bool_items(Some(collection::is_subset(
                self, &input, first,
            )?))),
            F::SupersetOf => Ok(bool_items(Some(collection::is_subset(
                self, first, &input,
            )?))),
            F::Distinct => collection::distinct(self, input),
            F::IsDistinct => {
                let count = input.len();
                let distinct = collection::distinct(self, input)?;
                Ok(bool_items(Some(distinct.len() == count)))
            }
            F::Single => {
                single(&input, name)?;
                Ok(input)
            }
            F::First => Ok(input.into_iter().take(1).collect()),
            F::Last => Ok(input.into_iter().next_back().into_iter().collect()),
            F::Tail => Ok(input.into_iter().skip(1).collect()),
            F::Skip => {
                let n = integer(first, name)?.unwrap_or(0);
                Ok(input
                    .into_iter()
                    .skip(usize::try_from(n).unwrap_or(0))
                    .collect())
            }
            F::Take => {
                let n = integer(first, name)?.unwrap_or(0);
                Ok(input
                    .into_iter()
                    .take(usize::try_from(n).unwrap_or(0))
                    .collect())
            }
            F::Intersect => collection::intersect(self, input, first),
            F::Exclude => collection::exclude(self, input, first),
            F::Union => collection::union(self, input, first.clone()),
            F::Combine => {
                let mut out = input;
                self.charge(out.len() + first.len())?;
                out.extend(first.iter().cloned());
                Ok(out)
            }
            F::ToBoolean => convert::to(&input, Target::Boolean),
            F::ToInteger => convert::to(&input, Target::Integer),
            F::ToDecimal => convert::to(&input, Target::Decimal),
            F::ToString => convert::to(&input, Target::String),
            F::ToDate => convert::to(&input, Target::Date),
            F::ToDateTime => convert::to(&input, Target::DateTime),
            F::ToTime => convert::to(&input, Target::Time),
            F::ToQuantity => convert::to(&input, Target::Quantity),
            F::ConvertsToBoolean => convert::can(&input, Target::Boolean),
            F::ConvertsToInteger => convert::can(&input, Target::Integer),
            F::ConvertsToDecimal => convert::can(&input, Target::Decimal),
            F::ConvertsToString => convert::can(&input, Target::String),
            F::ConvertsToDate => convert::can(&input, Target::Date),
            F::ConvertsToDateTime => convert::can(&input, Target::DateTime),
            F::ConvertsToTime => convert::can(&input, Target::Time),
            F::ConvertsToQuantity => convert::can(&input, Target::Quantity),
            F::IndexOf => text::find(&input, first, name, |t, p| text::position(t, t.find(p))),
            F::LastIndexOf => text::find(&input, first, name, |t, p| text::position(t, t.rfind(p))),
            F::StartsWith => {
                text::find(&input, first, name, |t, p| Item::Boolean(t.starts_with(p)))
            }
            F::EndsWith => text::find(&input, first, name, |t, p| Item::Boolean(t.ends_with(p))),
            F::Contains => text::find(&input, first, name, |t, p| Item::Boolean(t.contains(p))),
            F::Substring => text::substring(&input, integer(first, name)?, integer(second, name)?),
            F::Upper => text::map(self, &input, name, str::to_uppercase),
            F::Lower => text::map(self, &input, name, str::to_lowercase),
            F::Trim => text::map(self, &input, name, |t| t.trim().to_owned()),
            F::Replace => text::replace(self, &input, first, second),
            F::Length => Ok(string(&input, name)?
                .map(|t| index_item(t.chars().count()))
                .into_iter()
                .collect()),
            F::ToChars => text::to_chars(self, &input),
            F::Split => text::split(self, &input, first),
            F::Join => text::join(self, &input, first),
            F::Encode => text::encode(&input, first),
            F::Decode => text::decode(&input, first),
            F::Escape => text::escape(&input, first),
            F::Unescape => text::unescape(&input, first),
            F::Abs => number::map(&input, name, number::abs),
            F::Ceiling => number::map(&input, name, |n| number::whole(n, |d| d.ceil())),
            F::Floor => number::map(&input, name, |n| number::whole(n, |d| d.floor())),
            F::Truncate => number::map(&input, name, |n| number::whole(n, |d| d.trunc())),
            F::Exp => number::map(&input, name, |n| number::real(n, |d| d.checked_exp())),
            F::Ln => number::map(&input, name, |n| number::real(n, number::ln)),
            F::Sqrt => number::map(&input, name, |n| number::real(n, |d| d.sqrt())),
            F::Log => {
                let base = number::decimal_of(first, name)?.and_then(|b| compare::number(&b));
                number::map(&input, name, |n| number::real(n, |d| number::log(d, base?)))
            }
            F::Power => {
                let exponent = number::decimal_of(first, name)?;
                number::map(&input, name, |n| number::power(n, exponent.as_ref()?))
            }
            F::Round => {
                let digits = number::digits(first, name)?.unwrap_or(0);
                number::map(&input, name, |n| number::round(n, digits))
            }
            F::LowBoundary => number::boundary(&input, Edge::Low, integer(first, name)?),
            F::HighBoundary => number::boundary(&input, Edge::High, integer(first, name)?),
            F::PrecisionOf => number::precision(&input),
            F::Comparable => number::comparable(&input, first),
            F::Children => self.children(&input),
            F::Descendants => self.descendants(&input),
            F::Now => Ok(smallvec![Item::DateTime(self.now()?)]),
            F::Today => Ok(smallvec![Item::Date(self.now()?.to_date())]),
            F::TimeOfDay => {
                let mut now = self.now()?;
                now.offset = None;
                Ok(smallvec![Item::Time(now)])
            }
            F::Type => Ok(input
                .iter()
                .map(|i| Item::Type(Box::new(i.type_info())))
                .collect()),
            F::Extension => fhir::extension(self, &input, first),
            F::HasExtension => {
                let found = fhir::extension(self, &input, first)?;
                Ok(bool_items(Some(!found.is_empty())))
            }
            F::HasValue => Ok(fhir::has_value(&input)),
            F::GetValue => Ok(single(&input, name)?
                .cloned()
                .and_then(Item::into_system)
                .into_iter()
                .collect()),
            F::Resolve => fhir::resolve(self, &input),
            F::MemberOf => fhir::member_of(self, &input, first),
            F::ConformsTo => fhir::conforms_to(self, &input, first),
            F::HtmlChecks => fhir::html_checks(&input),
            F::YearOf
            | F::MonthOf
            | F::DayOf
            | F::HourOf
            | F::MinuteOf
            | F::SecondOf
            | F::MillisecondOf
            | F::TimezoneOffsetOf
            | F::DateOf
            | F::TimeOf => convert::part(&input, name, |value| part(function, value)),
            // These take expressions and never come here.
            F::Empty
            | F::Not
            | F::Exists
            | F::Where
            | F::All
            | F::Select
            | F::Repeat
            | F::Aggregate
            | F::Sort
            | F::Iif
            | F::Trace
            | F::DefineVariable
            | F::Coalesce
            | F::Matches
            | F::MatchesFull
            | F::ReplaceMatches => Ok(input),
        }
    }

    fn now(&self) -> Result<Stamp> {
        self.env.now.map(Stamp::now).ok_or(EvaluateError::NoClock)
    }

    fn children(&mut self, input: &Items<'a>) -> Result<Items<'a>> {
        let mut out = Items::new();
        for node in input.iter().filter_map(Item::as_node) {
            node.push_all_children(&mut out);
            self.charge(1)?;
        }
        self.charge(out.len())?;
        Ok(out)
    }

    fn descendants(&mut self, input: &Items<'a>) -> Result<Items<'a>> {
        let mut out = self.children(input)?;
        let mut at = 0;
        while let Some(item) = out.get(at) {
            let node = item.as_node();
            let before = out.len();
            if let Some(node) = node {
                node.push_all_children(&mut out);
            }
            self.charge(1 + out.len() - before)?;
            at += 1;
        }
        Ok(out)
    }
}

/// Whether the function picks by position from what has no order (FHIRPath, section 5.8.1).
fn needs_order(call: &Call) -> bool {
    let unordered = matches!(
        &call.base,
        Some(Expr::Call(base)) if matches!(base.function, F::Children | F::Descendants)
    );
    unordered
        && matches!(
            call.function,
            F::First | F::Last | F::Tail | F::Skip | F::Take
        )
}

fn compile(pattern: &str, flags: &str, full: bool) -> Option<regex::Regex> {
    if full {
        return text::pattern(&format!("^(?:{pattern})$"), flags);
    }
    text::pattern(pattern, flags)
}

fn truths(input: &Items<'_>, operation: &'static str) -> Result<Vec<bool>> {
    input
        .iter()
        .map(|i| i.as_bool().ok_or_else(|| wrong_type(operation, i)))
        .collect()
}

fn all_are<'a>(input: &Items<'a>, wanted: bool, operation: &'static str) -> Result<Items<'a>> {
    let truths = truths(input, operation)?;
    Ok(bool_items(Some(truths.iter().all(|b| *b == wanted))))
}

fn any_is<'a>(input: &Items<'a>, wanted: bool, operation: &'static str) -> Result<Items<'a>> {
    let truths = truths(input, operation)?;
    Ok(bool_items(Some(truths.contains(&wanted))))
}

/// A part of a date, date-time or time; none when it is not known.
fn part<'a>(function: F, value: &Item<'_>) -> Option<Item<'a>> {
    use super::Precision as P;
    let (stamp, has_date) = match value {
        Item::Date(s) | Item::DateTime(s) => (s, true),
        Item::Time(s) => (s, false),
        _ => return None,
    };
    let of = |needs: P, n: i64| (stamp.precision >= needs).then_some(Item::Integer(n));
    match function {
        F::YearOf if has_date => of(P::Year, i64::from(stamp.year)),
        F::MonthOf if has_date => of(P::Month, i64::from(stamp.month)),
        F::DayOf if has_date => of(P::Day, i64::from(stamp.day)),
        F::HourOf => of(P::Hour, i64::from(stamp.hour)),
        F::MinuteOf => of(P::Minute, i64::from(stamp.minute)),
        F::SecondOf => of(P::Second, i64::from(stamp.second)),
        F::MillisecondOf if stamp.digits > 0 => of(P::Second, i64::from(stamp.nanos / 1_000_000)),
        F::TimezoneOffsetOf => stamp.offset.map(convert::hours).map(Item::Decimal),
        F::DateOf if has_date => Some(Item::Date(stamp.to_date())),
        F::TimeOf if stamp.precision >= P::Hour => {
            let mut time = *stamp;
            time.offset = None;
            Some(Item::Time(time))
        }
        _ => None,
    }
}
