//! Checks of what is reached from outside, and of what is called.

use aceso_web::Address;

use super::Verdict;
use super::facts::Facts;

const DAY: i64 = 86_400_000;

fn address(facts: &Facts) -> Option<Address> {
    Address::parse(&facts.config.listen.address).ok()
}

fn is_loopback(facts: &Facts) -> bool {
    address(facts).is_some_and(|a| a.socket().ip().is_loopback())
}

pub(super) fn transport(facts: &Facts) -> Verdict {
    let public = facts.config.listen.public.as_str();
    match address(facts) {
        Some(Address::Tls(socket)) => Verdict::met(format!("TLS on {socket}")),
        Some(Address::Plain(socket)) if public.is_empty() || public.starts_with("https://") => {
            Verdict::met(format!(
                "plain HTTP on the loopback alone ({socket}), for a proxy that speaks TLS"
            ))
        }
        Some(Address::Plain(_)) => Verdict::failed(
            format!("clients are told to come to {public}"),
            "set listen.public to the https:// name, and let the proxy speak TLS",
        ),
        None => Verdict::failed("listen.address cannot be read", "aceso config explain"),
    }
}

/// The certificate, where this server speaks TLS itself.
fn served(facts: &Facts) -> Option<Option<&aceso_web::Validity>> {
    match address(facts) {
        Some(Address::Tls(_)) => Some(facts.certificate.as_ref()),
        Some(Address::Plain(_)) | None => None,
    }
}

pub(super) fn certificate_valid(facts: &Facts) -> Verdict {
    let Some(certificate) = served(facts) else {
        return Verdict::met("the proxy speaks TLS");
    };
    let fix =
        "put a new chain and key at listen.certificate and listen.certificate_key, and restart";
    match certificate {
        None if facts.config.listen.certificate.is_empty() => {
            Verdict::met("one is made at the first start")
        }
        None => Verdict::failed("listen.certificate holds no certificate", fix),
        Some(c) if c.until < facts.now => {
            Verdict::failed(format!("it ended {}", c.until.to_fhir()), fix)
        }
        Some(c) if c.from > facts.now => Verdict::failed(
            format!("it begins only {}", c.from.to_fhir()),
            "set the machine's clock",
        ),
        Some(c) if c.until < facts.now.plus_millis(14 * DAY) => {
            Verdict::failed(format!("it ends {}", c.until.to_fhir()), fix)
        }
        Some(c) => Verdict::met(format!("until {}", c.until.to_fhir())),
    }
}

pub(super) fn certificate_trusted(facts: &Facts) -> Verdict {
    match served(facts) {
        None => Verdict::met("the proxy speaks TLS"),
        Some(Some(c)) if !c.self_signed => Verdict::met(format!("issued by {}", c.issuer)),
        Some(_) if is_loopback(facts) => Verdict::met("its own, for this machine alone"),
        Some(_) => Verdict::failed(
            "the certificate is the server's own: browsers warn, and people learn to ignore it",
            "get one for the clinic's name, and set listen.certificate and listen.certificate_key",
        ),
    }
}

pub(super) fn admin_networks(facts: &Facts) -> Verdict {
    let networks = &facts.config.administration.networks;
    if !networks.is_empty() {
        return Verdict::met(networks.join(", "));
    }
    if is_loopback(facts)
        && !facts.config.listen.trust_forwarded
        && facts.config.listen.public.is_empty()
    {
        return Verdict::met("the server is reached from this machine alone");
    }
    Verdict::failed(
        "the administration area is there for whoever reaches the server",
        "administration.networks = [\"10.20.0.0/16\"], the clinic's own",
    )
}

pub(super) fn cross_origin(facts: &Facts) -> Verdict {
    let origins = &facts.config.listen.origins;
    if origins.iter().any(|o| o == "*") {
        return Verdict::failed(
            "listen.origins allows every origin",
            "name the origins of the apps: listen.origins = [\"https://app.example\"]",
        );
    }
    Verdict::met(match origins.len() {
        0 => "none".to_owned(),
        _ => origins.join(", "),
    })
}

pub(super) fn forwarded(facts: &Facts) -> Verdict {
    if facts.config.listen.trust_forwarded && !is_loopback(facts) {
        return Verdict::failed(
            "listen.trust_forwarded is set, and others than the proxy can reach the server",
            "let the server listen on the loopback, behind the proxy: listen.address = \"http://127.0.0.1:8080\"",
        );
    }
    Verdict::met(if facts.config.listen.trust_forwarded {
        "believed, of this machine"
    } else {
        "not believed"
    })
}

pub(super) fn listening(facts: &Facts) -> Verdict {
    let more: Vec<String> = match facts.listening.len() {
        0 => return Verdict::met("no server runs here now"),
        1 => {
            return Verdict::met(
                facts
                    .listening
                    .iter()
                    .map(ToString::to_string)
                    .collect::<String>(),
            );
        }
        _ => facts.listening.iter().map(ToString::to_string).collect(),
    };
    Verdict::failed(
        format!("servers of this directory listen on {}", more.join(", ")),
        "stop the servers that should not run; one listens on one address",
    )
}

pub(super) fn mail(facts: &Facts) -> Verdict {
    let config = &facts.config.mail;
    if !config.is_on() {
        return Verdict::failed(
            "nobody is told by mail of a new browser, an emergency access or a broken store",
            "name the mail server in mail.server, then: aceso mail test YOUR-ADDRESS",
        );
    }
    let standing = &facts.mail;
    if standing.dead > 0 || standing.failing > 0 {
        return Verdict::failed(
            format!(
                "{} messages were given up, {} could not be sent yet",
                standing.dead, standing.failing
            ),
            "aceso mail status: it says why; aceso mail again ID tries once more",
        );
    }
    Verdict::met(format!("by {}", config.server))
}

pub(super) fn way_out(facts: &Facts) -> Verdict {
    let endpoints = &facts.config.egress.endpoints;
    let plain: Vec<&String> = endpoints
        .iter()
        .filter(|e| e.starts_with("http://"))
        .collect();
    match plain.first() {
        Some(first) => Verdict::failed(
            format!("{first} is called without TLS (allowed on the loopback alone)"),
            "put TLS before it, and name it with https:// in egress.endpoints",
        ),
        None => Verdict::met(match endpoints.len() {
            0 => "nothing is called".to_owned(),
            n => format!("{n} prefixes"),
        }),
    }
}
