//! Accounts, credentials, sessions through the public door, with a clock that tests move.
#![cfg(test)]

mod people {
    mod accounts;
    mod approvals;
    mod credentials;
    mod duties;
    mod identities;
    mod kit;
    mod links;
    mod locks;
    mod mail;
    mod proposals;
    mod rechecks;
    mod sessions;
    mod tellings;
}
