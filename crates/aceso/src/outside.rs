//! Outside providers of sign-in, from the configuration.

use std::collections::BTreeSet;
use std::path::Path;

use aceso_base::Secret;
use aceso_login::outside::{ClientProof, Provider, Providers, TwoFactors, Unknown};
use aceso_policy::{Endpoints, Role};
use aceso_vault::jwt::SigningKey;
use anyhow::{Context, Result, bail};

use crate::config::{self, Config};
use crate::delivery::egress;

/// Claims that people may set themselves, or that are given to other people later: nobody is told apart by them (OpenID
/// Connect Core 1.0, section 5.7).
const UNFIT: [&str; 4] = ["email", "name", "nickname", "phone_number"];

/// All configured providers; their secrets are read now.
pub(crate) fn providers(config: &Config) -> Result<Providers> {
    let all = &config.sign_in.provider;
    if all.is_empty() {
        return Ok(Providers::default());
    }
    let read = all.iter().map(provider).collect::<Result<_>>()?;
    Ok(Providers::new(read, &egress(config)?))
}

/// Checks what can be checked without the files.
pub(crate) fn check(config: &Config) -> Result<()> {
    let endpoints = Endpoints::new(&config.egress.endpoints)?;
    let mut ids = BTreeSet::new();
    for one in &config.sign_in.provider {
        let key = |name: &str| format!("sign_in.provider.{name}");
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=32).contains(&one.id.len()) || !one.id.bytes().all(plain) {
            bail!("{} has 1 to 32 small letters, digits and -", key("id"));
        }
        if !ids.insert(one.id.as_str()) {
            bail!("{} {} is there twice", key("id"), one.id);
        }
        if one.name.trim().is_empty() || one.client.is_empty() {
            bail!("{} and {} must be there", key("name"), key("client"));
        }
        if endpoints.target(&one.issuer).is_none() {
            bail!(
                "{} {} must be among egress.endpoints, with its keys' address",
                key("issuer"),
                one.issuer
            );
        }
        if !one.scopes.split(' ').any(|s| s == "openid") {
            bail!("{} must hold openid", key("scopes"));
        }
        if one.claim.is_empty() || UNFIT.contains(&one.claim.as_str()) {
            bail!(
                "{} {} does not tell people apart: take sub, or one that only the provider's administrators can set",
                key("claim"),
                one.claim
            );
        }
        if one.secret_file.is_empty() == one.key_file.is_empty() {
            bail!(
                "one of {} and {} is needed",
                key("secret_file"),
                key("key_file")
            );
        }
        roles(one)?;
    }
    Ok(())
}

fn provider(one: &config::Provider) -> Result<Provider> {
    let proof = match one.secret_file.as_str() {
        "" => {
            let text = read(&one.key_file)?;
            let key = SigningKey::from_private_jwk(text.expose()).with_context(|| {
                format!(
                    "{}: a private JWK of P-256 or P-384 with a kid is expected",
                    one.key_file
                )
            })?;
            ClientProof::Key(Box::new(key))
        }
        file => ClientProof::Secret(read(file)?),
    };
    let roles = roles(one)?;
    Ok(Provider {
        id: one.id.clone(),
        name: one.name.clone(),
        issuer: one.issuer.clone(),
        client: one.client.clone(),
        proof,
        scopes: one.scopes.clone(),
        claim: one.claim.clone(),
        two_factors: TwoFactors {
            amr: one.two_factors_amr.clone(),
            acr: one.two_factors_acr.clone(),
        },
        max_age: Some(one.max_age_minutes.saturating_mul(60)).filter(|seconds| *seconds > 0),
        unknown: match roles.is_empty() {
            true => Unknown::Refused,
            false => Unknown::Made(roles),
        },
    })
}

fn roles(one: &config::Provider) -> Result<Vec<Role>> {
    let roles = one.new_accounts.iter().map(|id| Role::parse(id));
    let roles: Vec<Role> = roles
        .collect::<Result<_, _>>()
        .context("sign_in.provider.new_accounts")?;
    if roles.contains(&Role::ADMINISTRATOR) {
        bail!("sign_in.provider.new_accounts: nobody becomes an administrator by signing in");
    }
    Ok(roles)
}

/// A secret in a file.
pub(crate) fn read(file: &str) -> Result<Secret<String>> {
    let text = std::fs::read_to_string(Path::new(file)).with_context(|| file.to_owned())?;
    Ok(Secret::new(text.trim().to_owned()))
}
