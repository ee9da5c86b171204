//! Composite parameters on a document.

use super::compare::passes;
use super::emit::Sink;
use super::matches::entries_under;
use super::program::{CompositeProgram, composite};
use super::query::Test;
use crate::Value;
use crate::definitions::Param;

/// Whether all components pass within one and the same element.
pub(super) fn matches(
    param: &'static Param,
    tests: &[Test],
    document: &Value,
    base: Option<&str>,
) -> bool {
    let Some(program) = composite(param) else {
        return false;
    };
    groups(program, document).into_iter().any(|group| {
        program
            .components
            .iter()
            .zip(tests)
            .all(|((below, above), test)| {
                let own = entries_under(below, group, base);
                let shared = entries_under(above, document, base);
                own.iter().chain(&shared).any(|e| passes(test, &e.value))
            })
    })
}

/// Whether some element has a value for every component.
pub(super) fn any_value(param: &'static Param, document: &Value, base: Option<&str>) -> bool {
    let Some(program) = composite(param) else {
        return false;
    };
    groups(program, document).into_iter().any(|group| {
        program.components.iter().all(|(below, above)| {
            !entries_under(below, group, base).is_empty()
                || !entries_under(above, document, base).is_empty()
        })
    })
}

fn groups<'a>(program: &'static CompositeProgram, document: &'a Value) -> Vec<&'a Value> {
    let mut sink = Sink::new(None);
    if let Some(object) = document.as_object() {
        program.groups.walk(object, &mut sink);
    }
    if program.root_is_group {
        sink.groups.push(document);
    }
    sink.groups
}
