//! Every fixed statement, by name, so that a test can prepare each of them on both engines. Parameters first appear in
//! the order of their numbers.

macro_rules! statements {
    ($($name:ident = $file:literal;)*) => {
        $(pub(crate) const $name: &str = include_str!(concat!("../sql/", $file));)*
        /// All of them with their file names.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$(($file, $name),)*];
    };
}

statements! {
    ACCOUNT_ADD = "account_add.sql";
    ACCOUNT_ENROLLED = "account_enrolled.sql";
    ACCOUNT_NAMED = "account_named.sql";
    ACCOUNT_ONE = "account_one.sql";
    ACCOUNT_OTHER_ADMINISTRATORS = "account_other_administrators.sql";
    ACCOUNT_PAGE = "account_page.sql";
    ACCOUNT_ROLES = "account_roles.sql";
    ACCOUNT_SIGNED_IN = "account_signed_in.sql";
    ACCOUNT_STATE = "account_state.sql";
    ACCOUNT_UPDATE = "account_update.sql";
    APPROVAL_END_OF = "approval_end_of.sql";
    ASSERTION_ADD = "assertion_add.sql";
    ASSERTION_PRUNE = "assertion_prune.sql";
    AUDIT_ADD = "audit_add.sql";
    AUDIT_ALL = "audit_all.sql";
    AUDIT_LAST = "audit_last.sql";
    AUDIT_OUT_ADD = "audit_out_add.sql";
    AUDIT_OUT_AFTER = "audit_out_after.sql";
    AUDIT_OUT_LAST = "audit_out_last.sql";
    AUDIT_OUT_PRUNE = "audit_out_prune.sql";
    AUDIT_TAKEN = "audit_taken.sql";
    AUDIT_TAKEN_SET = "audit_taken_set.sql";
    CLIENT_ADD = "client_add.sql";
    CLIENT_ALL = "client_all.sql";
    CLIENT_DISABLE = "client_disable.sql";
    CLIENT_ONE = "client_one.sql";
    CREDENTIAL_COUNT = "credential_count.sql";
    DEVICE_ADD = "device_add.sql";
    DEVICE_OF = "device_of.sql";
    DEVICE_OLDEST = "device_oldest.sql";
    DEVICE_ONE = "device_one.sql";
    DEVICE_REMOVE = "device_remove.sql";
    DEVICE_SEEN = "device_seen.sql";
    HIST_AFTER = "hist_after.sql";
    HIST_COUNT = "hist_count.sql";
    HIST_KIND = "hist_kind.sql";
    HIST_MOVE = "hist_move.sql";
    HIST_OF = "hist_of.sql";
    HIST_ONE = "hist_one.sql";
    IDAT_ADD = "idat_add.sql";
    IDAT_REMOVE = "idat_remove.sql";
    IDAT_THERE = "idat_there.sql";
    IMPORT_ADD = "import_add.sql";
    IMPORT_ONE = "import_one.sql";
    INUM_ADD = "inum_add.sql";
    INUM_REMOVE = "inum_remove.sql";
    INUM_THERE = "inum_there.sql";
    IPC_ADD = "ipc_add.sql";
    IPC_REMOVE = "ipc_remove.sql";
    IPC_THERE = "ipc_there.sql";
    IREF_ADD = "iref_add.sql";
    IREF_REMOVE = "iref_remove.sql";
    IREF_THERE = "iref_there.sql";
    IREF_TO = "iref_to.sql";
    ISTR_ADD = "istr_add.sql";
    ISTR_REMOVE = "istr_remove.sql";
    ISTR_THERE = "istr_there.sql";
    ITOK_ADD = "itok_add.sql";
    ITOK_REMOVE = "itok_remove.sql";
    ITOK_THERE = "itok_there.sql";
    LINK_END_OF = "link_end_of.sql";
    NOTICE_ADD = "notice_add.sql";
    NOTICE_OF = "notice_of.sql";
    NOTICE_SEEN = "notice_seen.sql";
    NOTICE_UNSEEN = "notice_unseen.sql";
    RES_ADD = "res_add.sql";
    RES_AFTER = "res_after.sql";
    RES_BRIEF = "res_brief.sql";
    RES_KIND = "res_kind.sql";
    RES_LAST_KEY = "res_last_key.sql";
    RES_ONE = "res_one.sql";
    RES_REPLACE = "res_replace.sql";
    SESSION_ADD = "session_add.sql";
    SESSION_END = "session_end.sql";
    SESSION_END_OF = "session_end_of.sql";
    SESSION_NAMED = "session_named.sql";
    SESSION_OF = "session_of.sql";
    SESSION_OLDEST = "session_oldest.sql";
    SESSION_ONE = "session_one.sql";
    SESSION_PAGE = "session_page.sql";
    SESSION_PRUNE = "session_prune.sql";
    SESSION_STATE = "session_state.sql";
    SESSION_TOUCH = "session_touch.sql";
    TOKEN_ADD = "token_add.sql";
    TOKEN_ONE = "token_one.sql";
    TOKEN_PRUNE = "token_prune.sql";
    TOKEN_REVOKE = "token_revoke.sql";
}
