//! Where the services are, and by which names the desk is known there. No secrets.

use super::Service;

/// The services that a desk uses; none of those that it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// GitHub.
    pub github: Option<Github>,
    /// The CVE programme's services.
    pub cve: Option<CveServices>,
    /// The forum.
    pub forum: Option<Forum>,
    /// The mailing service.
    pub list: Option<List>,
    /// The Mastodon server.
    pub social: Option<Social>,
}

impl Places {
    /// Whether a desk uses a service.
    pub const fn has(&self, service: Service) -> bool {
        match service {
            Service::Github => self.github.is_some(),
            Service::Cve => self.cve.is_some(),
            Service::Forum => self.forum.is_some(),
            Service::List => self.list.is_some(),
            Service::Social => self.social.is_some(),
        }
    }
}

/// A repository at GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Github {
    /// `https://api.github.com`, without a slash at the end, as the other addresses.
    pub base: String,
    /// `owner/name`.
    pub repository: String,
}

/// A CVE numbering authority's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CveServices {
    /// `https://cveawg.mitre.org/api`; `https://cveawg-test.mitre.org/api` to try.
    pub base: String,
    /// The organization's short name.
    pub organisation: String,
    /// Its UUID: its records name it.
    pub org_id: String,
    /// The user there.
    pub user: String,
}

/// A Discourse forum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forum {
    /// Its address.
    pub base: String,
    /// Who writes there.
    pub user: String,
    /// The number of the category; none: the forum's own choice.
    pub category: Option<u32>,
    /// The tag (R35).
    pub tag: String,
    /// Its number, which newer forums ask for; none: the forum takes its name.
    pub tag_id: Option<u32>,
}

/// A list at a mailing service of MailChimp's kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// `https://us6.api.mailchimp.com`: the service's address names its data centre.
    pub base: String,
    /// The list.
    pub list: String,
    /// Of its readers, those in this segment (R32: who carries a tag); none: all.
    pub segment: Option<u32>,
    /// Whom the mail is from.
    pub from: String,
    /// Where answers go.
    pub reply_to: String,
}

/// An account on a Mastodon server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Social {
    /// The server's address.
    pub base: String,
}
