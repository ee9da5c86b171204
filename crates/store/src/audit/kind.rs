//! Kinds of acts, and the acts that bodies name by a code. A code is never given to another act: bodies keep it.

/// What kind of act an entry is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditKind {
    /// Somebody opened a resource, or its versions.
    Read,
    /// Somebody looked for resources, and saw what was found.
    Search,
    /// Resources were added or changed.
    Write,
    /// Resources were deleted.
    Delete,
    /// Data left: files, messages to subscribers.
    Export,
    /// A page was printed, or saved for printing.
    Print,
    /// Somebody signed in, or tried to.
    SignIn,
    /// Somebody signed out, or a session was locked, unlocked or ended.
    Session,
    /// A chart was opened in an emergency, and what came of it.
    Emergency,
    /// Who may do what was changed: roles, accounts' roles, accounts themselves, confirmations.
    Permission,
    /// Passwords, passkeys, codes, links.
    Credential,
    /// Apps, their tokens and what people allow them.
    App,
    /// Somebody looked into the audit log, or its state changed.
    Audit,
    /// Keys of the installation.
    Key,
    /// The program itself: started, stopped, its clock, its settings.
    System,
    /// Somebody looked at what is no patient's data: accounts, roles, sessions, notices.
    Look,
    /// A page, or an act that is none of these.
    Other,
}

impl AuditKind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Read,
        Self::Search,
        Self::Write,
        Self::Delete,
        Self::Export,
        Self::Print,
        Self::SignIn,
        Self::Session,
        Self::Emergency,
        Self::Permission,
        Self::Credential,
        Self::App,
        Self::Audit,
        Self::Key,
        Self::System,
        Self::Look,
        Self::Other,
    ];

    /// One word for it, for addresses and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Search => "search",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Export => "export",
            Self::Print => "print",
            Self::SignIn => "sign-in",
            Self::Session => "session",
            Self::Emergency => "emergency",
            Self::Permission => "permission",
            Self::Credential => "credential",
            Self::App => "app",
            Self::Audit => "audit",
            Self::Key => "key",
            Self::System => "system",
            Self::Look => "look",
            Self::Other => "other",
        }
    }

    /// The kind that a word names.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }

    /// Whether somebody asked what the record holds.
    pub const fn asks(self) -> bool {
        matches!(self, Self::Read | Self::Search)
    }

    /// What kind an act is of.
    pub fn of(act: &str) -> Self {
        match ACTS.iter().find(|(_, name, _)| *name == act) {
            Some((_, _, kind)) => *kind,
            None => Self::by_first_word(act),
        }
    }

    /// Acts that have no code yet.
    fn by_first_word(act: &str) -> Self {
        match act.split(' ').next().unwrap_or_default() {
            "print" => Self::Print,
            "export" => Self::Export,
            "sign-in" => Self::SignIn,
            "session" => Self::Session,
            "break-glass" => Self::Emergency,
            "account" | "role" | "recertification" => Self::Permission,
            "credential" | "identity" => Self::Credential,
            "app" | "client" | "token" => Self::App,
            "audit" => Self::Audit,
            "key" | "keyring" => Self::Key,
            "system" => Self::System,
            _ => Self::Other,
        }
    }

    /// Its number in the index.
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Read => 1,
            Self::Search => 2,
            Self::Write => 3,
            Self::Delete => 4,
            Self::Export => 5,
            Self::Print => 6,
            Self::SignIn => 7,
            Self::Session => 8,
            Self::Emergency => 9,
            Self::Permission => 10,
            Self::Credential => 11,
            Self::App => 12,
            Self::Audit => 13,
            Self::Key => 14,
            Self::System => 15,
            Self::Look => 16,
            Self::Other => 17,
        }
    }

    /// Whether the log is full of it: then what was done is not in the index of kinds, and is looked for in the log.
    pub(crate) const fn is_everyday(self) -> bool {
        match self {
            Self::Read | Self::Search | Self::Write => true,
            Self::Delete
            | Self::Export
            | Self::Print
            | Self::SignIn
            | Self::Session
            | Self::Emergency
            | Self::Permission
            | Self::Credential
            | Self::App
            | Self::Audit
            | Self::Key
            | Self::System
            | Self::Look
            | Self::Other => false,
        }
    }
}

use AuditKind as K;

/// Each act with its code.
const ACTS: &[(u8, &str, AuditKind)] = &[
    (1, "read", K::Read),
    (2, "vread", K::Read),
    (3, "history", K::Read),
    (4, "search", K::Search),
    (5, "create", K::Write),
    (6, "update", K::Write),
    (7, "transaction", K::Write),
    (8, "delete", K::Delete),
    (9, "export", K::Export),
    (10, "export end", K::Export),
    (11, "print", K::Print),
    (12, "sign-in", K::SignIn),
    (13, "sign-in attempt", K::SignIn),
    (14, "sign-in first factor", K::SignIn),
    (15, "sign-in second factor", K::SignIn),
    (16, "sign-out", K::Session),
    (17, "session lock", K::Session),
    (18, "session unlock", K::Session),
    (19, "session step-up", K::Session),
    (20, "session end", K::Session),
    (21, "session end all", K::Session),
    (22, "session list", K::Look),
    (23, "break-glass", K::Emergency),
    (24, "break-glass end", K::Emergency),
    (25, "break-glass review", K::Emergency),
    (26, "break-glass list", K::Look),
    (27, "break-glass own", K::Look),
    (28, "break-glass of patient", K::Audit),
    (29, "role set", K::Permission),
    (30, "role remove", K::Permission),
    (31, "role list", K::Look),
    (32, "role versions", K::Look),
    (33, "account add", K::Permission),
    (34, "account update", K::Permission),
    (35, "account roles", K::Permission),
    (36, "account disable", K::Permission),
    (37, "account enable", K::Permission),
    (38, "account activate", K::Permission),
    (39, "account unlock", K::Permission),
    (40, "account read", K::Look),
    (41, "account find", K::Look),
    (42, "account list", K::Look),
    (43, "account counts", K::Look),
    (44, "account lock read", K::Look),
    (45, "recertification open", K::Permission),
    (46, "recertification decide", K::Permission),
    (47, "recertification list", K::Look),
    (48, "recertification read", K::Look),
    (49, "credential add", K::Credential),
    (50, "credential use", K::Credential),
    (51, "credential remove", K::Credential),
    (52, "credential rename", K::Credential),
    (53, "credential open", K::Credential),
    (54, "credential list", K::Look),
    (55, "link make", K::Credential),
    (56, "link use", K::Credential),
    (57, "device seen", K::Session),
    (58, "device forget", K::Session),
    (59, "device list", K::Look),
    (60, "approval ask", K::SignIn),
    (61, "approval answer", K::SignIn),
    (62, "approval take", K::SignIn),
    (63, "approval list", K::Look),
    (64, "notice add", K::Look),
    (65, "notice list", K::Look),
    (66, "notice seen", K::Look),
    (67, "client add", K::App),
    (68, "client disable", K::App),
    (69, "token add", K::App),
    (70, "token refresh", K::App),
    (71, "token revoke", K::App),
    (72, "refresh token reused", K::App),
    (73, "code redeem", K::App),
    (74, "code spoiled", K::App),
    (75, "app allow", K::App),
    (76, "app revoke", K::App),
    (77, "app end", K::App),
    (78, "app launch", K::App),
    (79, "app launch read", K::App),
    (80, "app launch taken", K::App),
    (81, "app list", K::Look),
    (82, "app read", K::Look),
    (83, "signing key add", K::Key),
    (84, "audit read", K::Audit),
    (85, "audit export", K::Audit),
    (86, "audit review", K::Audit),
    (87, "page", K::Other),
    (88, "events", K::Export),
    (89, "audit review list", K::Audit),
    (90, "audit send on", K::Audit),
    (91, "audit send off", K::Audit),
    (92, "audit send status", K::Audit),
    (93, "patch", K::Write),
    (94, "identity link", K::Credential),
    (95, "identity unlink", K::Credential),
    (96, "identity use", K::Credential),
    (97, "identity list", K::Look),
];

/// The code of an act; 0: it has none, its name is written.
pub(super) fn act_code(act: &str) -> u8 {
    let found = ACTS.iter().find(|(_, name, _)| *name == act);
    found.map_or(0, |(code, _, _)| *code)
}

/// The act of a code.
pub(super) fn act_name(code: u8) -> Option<&'static str> {
    let at = usize::from(code).checked_sub(1)?;
    ACTS.get(at).map(|(_, name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_places_and_names_are_there_once() {
        for (at, (code, name, kind)) in ACTS.iter().enumerate() {
            assert_eq!(usize::from(*code), at + 1);
            assert_eq!(act_code(name), *code, "{name}");
            assert_eq!(AuditKind::of(name), *kind);
        }
        for kind in AuditKind::ALL {
            assert_eq!(AuditKind::parse(kind.name()), Some(kind));
        }
        assert_eq!(act_code("something new"), 0);
        assert_eq!(AuditKind::of("print record"), AuditKind::Print);
    }
}
