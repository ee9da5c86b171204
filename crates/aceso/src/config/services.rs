//! `[services]`: what the response desk asks of services elsewhere.

use std::collections::BTreeMap;

use aceso_base::Secret;
use aceso_desk::port::{CveServices, Forum, Github, List, Places, Service, Social};
use aceso_policy::Endpoints;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{Config, Key};

section! {
    /// Services elsewhere that the response desk may ask, each where its first key says so. The desk calls these addresses and no others.
    /// An address inside one's own network is written with where it is: "https://talk.example at 10.1.2.3".
    Services {
        /// The repository whose draft advisories are made at GitHub: "owner/name". Empty: none.
        github_repository: String = String::new(),
        /// GitHub's interface.
        github_address: String = "https://api.github.com".to_owned(),
        /// The file (mode 0600) whose first line is a token that may write the repository's security advisories.
        github_token_file: String = String::new(),
        /// The short name of one's own CVE numbering authority. Empty: none.
        cve_organisation: String = String::new(),
        /// That authority's UUID, which its records name: `GET /org/SHORT-NAME` of the services tells it.
        cve_org_id: String = String::new(),
        /// The CVE programme's services; "https://cveawg-test.mitre.org/api" to try them.
        cve_address: String = "https://cveawg.mitre.org/api".to_owned(),
        /// The user there.
        cve_user: String = String::new(),
        /// The file (mode 0600) whose first line is that user's key.
        cve_key_file: String = String::new(),
        /// The address of a Discourse forum: "https://talk.example". Empty: none.
        forum_address: String = String::new(),
        /// Who writes there.
        forum_user: String = String::new(),
        /// The file (mode 0600) whose first line is the key for writing topics.
        forum_key_file: String = String::new(),
        /// The number of the category. 0: the forum's own choice.
        forum_category: u32 = 0,
        /// The tag of advisories.
        forum_tag: String = "security-advisory".to_owned(),
        /// The number of that tag: Discourse asks for it from 2026.7 on. 0: the forum is older, and takes the name.
        forum_tag_id: u32 = 0,
        /// The address of a mailing service of MailChimp's kind: "https://us6.api.mailchimp.com". Empty: none.
        list_address: String = String::new(),
        /// The list there.
        list_id: String = String::new(),
        /// The number of the segment of its readers who are told, as those with a tag. 0: all.
        list_segment: u32 = 0,
        /// Where its readers answer to.
        list_reply_to: String = String::new(),
        /// The file (mode 0600) whose first line is the key.
        list_key_file: String = String::new(),
        /// The address of a Mastodon server: "https://social.example". Empty: none.
        social_address: String = String::new(),
        /// The file (mode 0600) whose first line is a token that may write statuses.
        social_token_file: String = String::new(),
    }
}

impl Services {
    /// The services that are used: the address that may be called, and the secret's file.
    fn used(&self) -> Vec<(Service, &str, &str)> {
        let all = [
            (
                Service::Github,
                &self.github_repository,
                &self.github_address,
                &self.github_token_file,
            ),
            (
                Service::Cve,
                &self.cve_organisation,
                &self.cve_address,
                &self.cve_key_file,
            ),
            (
                Service::Forum,
                &self.forum_address,
                &self.forum_address,
                &self.forum_key_file,
            ),
            (
                Service::List,
                &self.list_address,
                &self.list_address,
                &self.list_key_file,
            ),
            (
                Service::Social,
                &self.social_address,
                &self.social_address,
                &self.social_token_file,
            ),
        ];
        let used = all.into_iter().filter(|(_, first, ..)| !first.is_empty());
        used.map(|(service, _, address, file)| (service, address.as_str(), file.as_str()))
            .collect()
    }

    /// Where they are.
    pub(crate) fn places(&self, publisher: &str) -> Places {
        let some = |first: &str| !first.is_empty();
        Places {
            github: some(&self.github_repository).then(|| Github {
                base: base(&self.github_address),
                repository: self.github_repository.clone(),
            }),
            cve: some(&self.cve_organisation).then(|| CveServices {
                base: base(&self.cve_address),
                organisation: self.cve_organisation.clone(),
                org_id: self.cve_org_id.clone(),
                user: self.cve_user.clone(),
            }),
            forum: some(&self.forum_address).then(|| Forum {
                base: base(&self.forum_address),
                user: self.forum_user.clone(),
                category: Some(self.forum_category).filter(|n| *n > 0),
                tag: self.forum_tag.clone(),
                tag_id: Some(self.forum_tag_id).filter(|n| *n > 0),
            }),
            list: some(&self.list_address).then(|| List {
                base: base(&self.list_address),
                list: self.list_id.clone(),
                segment: Some(self.list_segment).filter(|n| *n > 0),
                from: publisher.to_owned(),
                reply_to: self.list_reply_to.clone(),
            }),
            social: some(&self.social_address).then(|| Social {
                base: base(&self.social_address),
            }),
        }
    }

    /// The addresses that may be called.
    pub(crate) fn endpoints(&self) -> Result<Endpoints> {
        let all: Vec<&str> = self.used().into_iter().map(|(_, at, _)| at).collect();
        Endpoints::new(&all).context("services")
    }

    /// The secrets, read now.
    pub(crate) fn secrets(&self) -> Result<BTreeMap<Service, Secret<String>>> {
        let mut secrets = BTreeMap::new();
        for (service, _, file) in self.used() {
            let secret = crate::outside::read(file);
            let secret = secret.with_context(|| format!("services: {}", service.name()))?;
            secrets.insert(service, secret);
        }
        Ok(secrets)
    }
}

/// The address without where it is.
fn base(address: &str) -> String {
    let url = address.split(" at ").next().unwrap_or_default();
    url.trim_end_matches('/').to_owned()
}

/// A UUID of version 4, as the programme gives them.
fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let hex = |part: &&str| part.bytes().all(|b| b.is_ascii_hexdigit());
    lengths == [8, 4, 4, 4, 12]
        && parts.iter().all(hex)
        && parts.get(2).is_some_and(|part| part.starts_with('4'))
}

impl Config {
    pub(super) fn check_services(&self) -> Result<()> {
        let all = &self.services;
        all.endpoints()?;
        if let Some((service, ..)) = all.used().into_iter().find(|(_, _, file)| file.is_empty()) {
            bail!(
                "services: the file with the secret for {} is not named",
                service.name()
            );
        }
        let plain = |text: &str| {
            let fine = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            !text.is_empty() && text.bytes().all(fine)
        };
        let repository = all.github_repository.split_once('/');
        if !all.github_repository.is_empty()
            && !repository.is_some_and(|(owner, name)| plain(owner) && plain(name))
        {
            bail!("services.github_repository is owner/name");
        }
        let with = [
            (&all.cve_organisation, "cve_user", &all.cve_user),
            (&all.forum_address, "forum_user", &all.forum_user),
            (&all.list_address, "list_id", &all.list_id),
            (&all.list_address, "list_reply_to", &all.list_reply_to),
        ];
        if let Some((_, key, _)) = with
            .iter()
            .find(|(first, _, key)| !first.is_empty() && key.is_empty())
        {
            bail!("services.{key} must be there");
        }
        if !all.cve_organisation.is_empty() && !plain(&all.cve_organisation) {
            bail!("services.cve_organisation is a short name of letters, digits, - and _");
        }
        if !all.cve_organisation.is_empty() && !is_uuid(&all.cve_org_id) {
            bail!("services.cve_org_id is the authority's UUID: 8-4-4-4-12 hexadecimal digits");
        }
        Ok(())
    }
}
