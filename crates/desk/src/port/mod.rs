//! What a desk asks of services elsewhere: a draft advisory at GitHub, a CVE id and its record, a topic in the forum, a mail to a
//! list, a short post. Each request is a value that is shown before it is sent; each answer is read as the service documents it.
//! Sending, and the secrets, are not its matter.

mod answer;
mod compose;
mod place;

use serde::{Deserialize, Serialize};

pub use answer::{Answered, read};
pub use compose::{Body, Facts, Lacks, Method, Prepared, Proof, compose};
pub use place::{CveServices, Forum, Github, List, Places, Social};

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// GitHub, of the repository's security advisories.
    Github,
    /// The CVE programme's services.
    Cve,
    /// A Discourse forum.
    Forum,
    /// A mailing service of MailChimp's kind.
    List,
    /// A Mastodon server.
    Social,
}

impl Service {
    /// What it is called, also in the terms of an embargo that lets it know.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Github => "GitHub",
            Self::Cve => "CVE Services",
            Self::Forum => "the forum",
            Self::List => "the mailing list",
            Self::Social => "Mastodon",
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Errand {
    /// A draft advisory in the repository.
    GithubDraft,
    /// A CVE id for that draft.
    GithubCve,
    /// That draft becomes public.
    GithubPublish,
    /// A CVE id of one's own.
    CveReserve,
    /// The record of that id.
    CvePublish,
    /// Another version of that record.
    CveUpdate,
    /// A topic in the forum.
    Topic,
    /// A mail to a list: its head.
    Campaign,
    /// Its text.
    CampaignText,
    /// It is sent.
    CampaignSend,
    /// A short post.
    Post,
}

/// How much a request tells whoever gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// Nothing of the matter.
    Nothing,
    /// The text, before the public.
    Before,
    /// What is public.
    Public,
}

/// What asking twice does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The same as once.
    Same,
    /// Another one is made: where no answer came, a person looks first.
    Another,
}

impl Errand {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::GithubDraft,
        Self::GithubCve,
        Self::GithubPublish,
        Self::CveReserve,
        Self::CvePublish,
        Self::CveUpdate,
        Self::Topic,
        Self::Campaign,
        Self::CampaignText,
        Self::CampaignSend,
        Self::Post,
    ];

    /// Whom it goes to.
    pub const fn service(self) -> Service {
        match self {
            Self::GithubDraft | Self::GithubCve | Self::GithubPublish => Service::Github,
            Self::CveReserve | Self::CvePublish | Self::CveUpdate => Service::Cve,
            Self::Topic => Service::Forum,
            Self::Campaign | Self::CampaignText | Self::CampaignSend => Service::List,
            Self::Post => Service::Social,
        }
    }

    /// How much it tells.
    pub const fn tells(self) -> Tells {
        match self {
            Self::CveReserve => Tells::Nothing,
            Self::GithubDraft | Self::GithubCve => Tells::Before,
            Self::GithubPublish
            | Self::CvePublish
            | Self::CveUpdate
            | Self::Topic
            | Self::Campaign
            | Self::CampaignText
            | Self::CampaignSend
            | Self::Post => Tells::Public,
        }
    }

    /// What asking twice does.
    pub const fn again(self) -> Again {
        match self {
            // A record is there once; the same text is set again; a post has a key that makes it one.
            Self::GithubPublish
            | Self::CvePublish
            | Self::CveUpdate
            | Self::CampaignText
            | Self::Post => Again::Same,
            Self::GithubDraft
            | Self::GithubCve
            | Self::CveReserve
            | Self::Topic
            | Self::Campaign
            | Self::CampaignSend => Again::Another,
        }
    }

    /// What follows by itself once it is done.
    pub const fn then(self) -> Option<Self> {
        match self {
            Self::Campaign => Some(Self::CampaignText),
            Self::CampaignText => Some(Self::CampaignSend),
            Self::GithubDraft
            | Self::GithubCve
            | Self::GithubPublish
            | Self::CveReserve
            | Self::CvePublish
            | Self::CveUpdate
            | Self::Topic
            | Self::CampaignSend
            | Self::Post => None,
        }
    }

    /// What is made by it, if it leaves something to be found by.
    pub const fn makes(self) -> Option<System> {
        match self {
            Self::GithubDraft => Some(System::Ghsa),
            Self::CveReserve => Some(System::Cve),
            Self::Topic => Some(System::Topic),
            Self::Campaign => Some(System::Campaign),
            Self::Post => Some(System::Post),
            Self::GithubCve
            | Self::GithubPublish
            | Self::CvePublish
            | Self::CveUpdate
            | Self::CampaignText
            | Self::CampaignSend => None,
        }
    }
}

/// Where else a case is known, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// GitHub's id of the advisory: `GHSA-xxxx-xxxx-xxxx`.
    Ghsa,
    /// The CVE id.
    Cve,
    /// The address of the topic in the forum.
    Topic,
    /// The mailing service's number of the mail.
    Campaign,
    /// The address of the short post.
    Post,
    /// A number of the organization's own.
    Own,
}

impl System {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Ghsa,
        Self::Cve,
        Self::Topic,
        Self::Campaign,
        Self::Post,
        Self::Own,
    ];

    /// Whether a text can be an id there: short, of one word, and of the system's form.
    pub fn takes(self, id: &str) -> bool {
        let one_word = !id.is_empty()
            && id.len() <= 300
            && id
                .chars()
                .all(|c| c.is_ascii_graphic() && !"<>\"'`\\".contains(c));
        let form = match self {
            Self::Ghsa => is_ghsa(id),
            Self::Cve => is_cve(id),
            Self::Topic | Self::Post => id.starts_with("https://"),
            Self::Campaign => id.chars().all(|c| c.is_ascii_alphanumeric()),
            Self::Own => true,
        };
        one_word && form
    }
}

fn is_ghsa(id: &str) -> bool {
    let mut parts = id.split('-');
    let head = parts.next() == Some("GHSA");
    let parts: Vec<&str> = parts.collect();
    let sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    head && parts.len() == 3 && parts.iter().all(|p| p.len() == 4 && p.bytes().all(sign))
}

fn is_cve(id: &str) -> bool {
    let parts: Vec<&str> = id.split('-').collect();
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        ["CVE", year, number] => {
            year.len() == 4 && digits(year) && (4..=19).contains(&number.len()) && digits(number)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(system: System, id: &str, expected: bool) {
        assert_eq!(system.takes(id), expected, "{system:?} {id:?}");
    }

    #[test]
    fn an_id_entered_by_hand_has_its_systems_form() {
        check(System::Cve, "CVE-2026-40076", true);
        check(System::Cve, "CVE-26-40076", false);
        check(System::Cve, "CVE-2026-1", false);
        check(System::Ghsa, "GHSA-2g5x-9qqv-w2c7", true);
        check(System::Ghsa, "GHSA-2g5x-9qqv", false);
        check(System::Topic, "https://talk.example/t/advisory/7", true);
        check(System::Topic, "javascript:alert(1)", false);
        check(System::Campaign, "42694e9e57", true);
        check(System::Campaign, "../3.0/lists", false);
        check(System::Own, "TRUNK-6310", true);
        check(System::Own, "two words", false);
        check(System::Own, "", false);
    }
}
