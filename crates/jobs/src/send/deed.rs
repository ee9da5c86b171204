//! What an act of the log means to those who gather logs of many programs: one table, read by every form.

use aceso_store::LoggedEntry;

/// A code of DICOM's audit terminology (PS3.16, CID 400 and 401).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) code: &'static str,
    pub(crate) text: &'static str,
}

/// What an act means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deed {
    /// DICOM: which kind of event.
    pub(crate) event: Code,
    /// DICOM: which kind of that.
    pub(crate) kind: Option<Code>,
    /// RFC 3881: create, read, update, delete, execute.
    pub(crate) action: char,
    /// ECS: `event.category`.
    pub(crate) category: &'static str,
    /// ECS: `event.type`.
    pub(crate) sort: &'static str,
}

const fn code(code: &'static str, text: &'static str) -> Code {
    Code { code, text }
}

const ACTIVITY: Code = code("110100", "Application Activity");
const LOG_USED: Code = code("110101", "Audit Log Used");
const EXPORT: Code = code("110106", "Export");
const RECORD: Code = code("110110", "Patient Record");
const QUERY: Code = code("110112", "Query");
const ALERT: Code = code("110113", "Security Alert");
const USER: Code = code("110114", "User Authentication");

/// ECS: the category of what rules found.
const INTRUSION: &str = "intrusion_detection";

const LOGIN: Code = code("110122", "Login");
const LOGOUT: Code = code("110123", "Logout");
const START: Code = code("110120", "Application Start");
const STOP: Code = code("110121", "Application Stop");
const RECORDING_ON: Code = code("110134", "Audit Recording Started");
const RECORDING_OFF: Code = code("110133", "Audit Recording Stopped");
const OVERRIDE: Code = code("110127", "Emergency Override Started");
const OVERRIDE_END: Code = code("110138", "Emergency Override Stopped");
const ROLES: Code = code("110136", "Security Roles Changed");
const ATTRIBUTES: Code = code("110137", "User security Attributes Changed");
const CONFIGURATION: Code = code("110129", "Security Configuration");
const RESTRICTED: Code = code("110132", "Use of Restricted Function");

const fn deed(
    event: Code,
    kind: Option<Code>,
    action: char,
    category: &'static str,
    sort: &'static str,
) -> Deed {
    Deed {
        event,
        kind,
        action,
        category,
        sort,
    }
}

/// What these acts mean; an act is looked up as a whole, then by its first word.
const TABLE: &[(&str, Deed)] = &[
    ("read", deed(RECORD, None, 'R', "database", "access")),
    ("vread", deed(RECORD, None, 'R', "database", "access")),
    ("history", deed(RECORD, None, 'R', "database", "access")),
    ("create", deed(RECORD, None, 'C', "database", "creation")),
    ("update", deed(RECORD, None, 'U', "database", "change")),
    ("patch", deed(RECORD, None, 'U', "database", "change")),
    ("delete", deed(RECORD, None, 'D', "database", "deletion")),
    ("search", deed(QUERY, None, 'E', "database", "access")),
    ("export", deed(EXPORT, None, 'R', "database", "access")),
    ("bulk", deed(EXPORT, None, 'R', "database", "access")),
    ("print", deed(EXPORT, None, 'R', "database", "access")),
    (
        "sign-in",
        deed(USER, Some(LOGIN), 'E', "authentication", "start"),
    ),
    (
        "credential use",
        deed(USER, Some(LOGIN), 'E', "authentication", "start"),
    ),
    (
        "sign-out",
        deed(USER, Some(LOGOUT), 'E', "authentication", "end"),
    ),
    (
        "session end",
        deed(USER, Some(LOGOUT), 'E', "authentication", "end"),
    ),
    (
        "start",
        deed(ACTIVITY, Some(START), 'E', "process", "start"),
    ),
    ("stop", deed(ACTIVITY, Some(STOP), 'E', "process", "end")),
    (
        "audit send on",
        deed(ALERT, Some(RECORDING_ON), 'E', "process", "start"),
    ),
    (
        "audit send off",
        deed(ALERT, Some(RECORDING_OFF), 'E', "process", "end"),
    ),
    ("audit", deed(LOG_USED, None, 'R', "database", "access")),
    (
        "break-glass",
        deed(ALERT, Some(OVERRIDE), 'E', "iam", "admin"),
    ),
    (
        "break-glass end",
        deed(ALERT, Some(OVERRIDE_END), 'E', "iam", "admin"),
    ),
    (
        "break-glass list",
        deed(LOG_USED, None, 'R', "database", "access"),
    ),
    (
        "break-glass of",
        deed(LOG_USED, None, 'R', "database", "access"),
    ),
    (
        "break-glass own",
        deed(LOG_USED, None, 'R', "database", "access"),
    ),
    (
        "break-glass review",
        deed(LOG_USED, None, 'U', "database", "change"),
    ),
    ("alert raise", deed(ALERT, None, 'E', INTRUSION, "info")),
    ("alert", deed(LOG_USED, None, 'R', "database", "access")),
    ("kept out", deed(ALERT, None, 'E', INTRUSION, "denied")),
    ("incident", deed(LOG_USED, None, 'U', "database", "change")),
    ("role", deed(ALERT, Some(ROLES), 'U', "iam", "admin")),
    (
        "account roles",
        deed(ALERT, Some(ROLES), 'U', "iam", "admin"),
    ),
    ("account", deed(ALERT, Some(ATTRIBUTES), 'U', "iam", "user")),
    (
        "credential",
        deed(ALERT, Some(ATTRIBUTES), 'U', "iam", "user"),
    ),
    ("link", deed(ALERT, Some(ATTRIBUTES), 'U', "iam", "user")),
    (
        "client",
        deed(ALERT, Some(CONFIGURATION), 'U', "iam", "admin"),
    ),
    (
        "key",
        deed(ALERT, Some(CONFIGURATION), 'U', "configuration", "change"),
    ),
    ("page", deed(ALERT, Some(RESTRICTED), 'E', "web", "access")),
    ("session", deed(USER, None, 'E', "session", "info")),
    ("token", deed(USER, None, 'E', "session", "info")),
];

const OTHER: Deed = deed(ACTIVITY, None, 'E', "process", "info");

impl Deed {
    /// Whether the rules over the log found something, as against what people and programs did.
    pub(crate) fn is_alert(&self) -> bool {
        self.category == INTRUSION
    }

    /// What an entry's act means.
    pub(crate) fn of(entry: &LoggedEntry) -> Self {
        let act = entry.act.as_str();
        let mut words: &str = act;
        loop {
            if let Some((_, deed)) = TABLE.iter().find(|(name, _)| *name == words) {
                return *deed;
            }
            match words.rsplit_once(' ') {
                Some((shorter, _)) => words = shorter,
                None => return OTHER,
            }
        }
    }
}

/// How an entry's act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    Unknown,
    Denied,
}

impl Ending {
    pub(crate) fn of(entry: &LoggedEntry) -> Self {
        match entry.outcome.as_deref() {
            None => Self::Done,
            Some("unknown") => Self::Unknown,
            Some(_) => Self::Denied,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(act: &str, event: &str, kind: Option<&str>, action: char) {
        let entry = LoggedEntry {
            act: act.to_owned(),
            ..LoggedEntry::default()
        };
        let deed = Deed::of(&entry);
        let found = (deed.event.code, deed.kind.map(|k| k.code), deed.action);
        assert_eq!(found, (event, kind, action), "{act}");
    }

    #[test]
    fn i1_acts_on_the_record_are_told_apart() {
        check("read", "110110", None, 'R');
        check("create", "110110", None, 'C');
        check("update", "110110", None, 'U');
        check("delete", "110110", None, 'D');
        check("search", "110112", None, 'E');
    }

    #[test]
    fn i9_exports_prints_sign_ins_and_the_log_itself_have_their_codes() {
        check("export", "110106", None, 'R');
        check("export begin", "110106", None, 'R');
        check("print", "110106", None, 'R');
        check("sign-in", "110114", Some("110122"), 'E');
        check("session end all", "110114", Some("110123"), 'E');
        check("audit read", "110101", None, 'R');
        check("audit send off", "110113", Some("110133"), 'E');
        check("break-glass", "110113", Some("110127"), 'E');
        check("break-glass end", "110113", Some("110138"), 'E');
        check("role set", "110113", Some("110136"), 'U');
        check("alert raise", "110113", None, 'E');
        check("alert list", "110101", None, 'R');
        check("something new", "110100", None, 'E');
    }
}
