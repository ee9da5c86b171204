//! What of the requested scopes a client gets: never more than it is registered for.

use aceso_policy::{Action, Context, Scope, Scopes};

/// The scopes that both allow, in the order of the request, as text. What is not a scope for clinical data
/// (`openid`, `offline_access`) is left out, as RFC 6749, section 3.3, allows.
pub(crate) fn granted(requested: &str, registered: &Scopes) -> String {
    let mut granted: Vec<String> = Vec::new();
    for wish in requested.split_ascii_whitespace() {
        let Ok(wish) = Scope::parse(wish) else {
            continue;
        };
        for scope in registered.iter().filter_map(|r| common(&wish, r)) {
            let text = text(&scope);
            if !granted.contains(&text) {
                granted.push(text);
            }
        }
    }
    granted.join(" ")
}

/// What both allow; none when nothing.
fn common(wish: &Scope, registered: &Scope) -> Option<Scope> {
    if wish.context != registered.context {
        return None;
    }
    let kind = match (&wish.kind, &registered.kind) {
        (Some(a), Some(b)) if a != b => return None,
        (Some(kind), _) | (None, Some(kind)) => Some(kind.clone()),
        (None, None) => None,
    };
    let shared = |action: &Action| registered.actions.contains(action);
    let actions: Vec<Action> = wish.actions.iter().copied().filter(shared).collect();
    if actions.is_empty() {
        return None;
    }
    let arguments = match (&wish.arguments, &registered.arguments) {
        (Some(a), Some(b)) if a != b => Some(format!("{b}&{a}")),
        (Some(arguments), _) | (None, Some(arguments)) => Some(arguments.clone()),
        (None, None) => None,
    };
    Some(Scope {
        context: wish.context,
        kind,
        actions,
        arguments,
    })
}

/// A scope in the v2 grammar.
pub(crate) fn text(scope: &Scope) -> String {
    let context = match scope.context {
        Context::Patient => "patient",
        Context::User => "user",
        Context::System => "system",
    };
    let kind = scope.kind.as_deref().unwrap_or("*");
    let letters: String = scope.actions.iter().map(letter).collect();
    match &scope.arguments {
        Some(arguments) => format!("{context}/{kind}.{letters}?{arguments}"),
        None => format!("{context}/{kind}.{letters}"),
    }
}

const fn letter(action: &Action) -> char {
    match action {
        Action::Create => 'c',
        Action::Read => 'r',
        Action::Update => 'u',
        Action::Delete => 'd',
        Action::Search => 's',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(requested: &str, registered: &str, expected: &str) {
        let registered = Scopes::parse(registered).unwrap();
        assert_eq!(granted(requested, &registered), expected, "{requested}");
    }

    #[test]
    fn a_client_gets_what_it_asks_for_as_far_as_it_is_registered() {
        check("system/*.rs", "system/*.cruds", "system/*.rs");
        check("system/*.cruds", "system/*.rs", "system/*.rs");
        check("system/*.rs", "system/Patient.r", "system/Patient.r");
        check("system/Patient.rs", "system/*.cruds", "system/Patient.rs");
        check("system/Patient.rs", "system/Group.rs", "");
        check("user/*.rs", "system/*.rs", "");
        check("system/Patient.d", "system/Patient.rs", "");
        check("", "system/*.rs", "");
        let two = "system/Patient.rs system/Observation.cruds";
        check(
            "system/*.rs",
            two,
            "system/Patient.rs system/Observation.rs",
        );
    }

    #[test]
    fn version_1_scopes_are_answered_in_version_2() {
        check("system/Patient.read", "system/*.*", "system/Patient.rs");
        check("system/Patient.write", "system/*.*", "system/Patient.cud");
    }

    #[test]
    fn search_arguments_of_either_side_narrow_the_grant() {
        let lab = "system/Observation.rs?category=laboratory";
        check("system/Observation.rs", lab, lab);
        check(lab, "system/*.rs", lab);
        check(lab, lab, lab);
        let both = "system/Observation.rs?category=laboratory&status=final";
        check("system/Observation.rs?status=final", lab, both);
    }

    #[test]
    fn what_is_not_a_clinical_scope_is_left_out() {
        check(
            "openid system/*.r junk/ launch",
            "system/*.rs",
            "system/*.r",
        );
    }
}
