//! What the receiving server found of a mail's signature (RFC 8601).

use mail_parser::MessageParser;

use super::Dkim;

/// From the topmost `Authentication-Results` header, if this server wrote it; none where it says nothing of signatures. Those below it
/// may be anybody's.
pub fn signature(mail: &[u8], server: &str) -> Option<Dkim> {
    let head = MessageParser::default().parse_headers(mail);
    let head = head.filter(|_| !server.is_empty())?;
    // The topmost: a server puts its own above what came with the mail.
    let mut headers = head.headers_raw();
    let raw = headers.find(|(name, _)| name.eq_ignore_ascii_case("Authentication-Results"));
    let raw = raw.map_or("", |(_, value)| value);
    let mut parts = raw.split(';').map(str::trim);
    let said = parts.next().unwrap_or_default();
    if !said
        .split_whitespace()
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case(server))
    {
        return None;
    }
    let result = parts.find(|part| part.starts_with("dkim="))?;
    let value = |key: &str| {
        let mut words = result.split_whitespace();
        words
            .find_map(|word| word.strip_prefix(key))
            .map(str::to_owned)
    };
    let domain = value("header.d=")
        .or_else(|| value("header.i=@"))
        .unwrap_or_default();
    Some(match value("dkim=").as_deref() {
        Some("pass") => Dkim::Pass(domain),
        Some("none") | None => Dkim::None,
        Some("temperror") => Dkim::Unsure(domain),
        Some(_) => Dkim::Fail(domain),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &str, expected: Option<Dkim>) {
        let mail = format!("{headers}From: fin@finder.example\r\n\r\nText\r\n");
        assert_eq!(
            signature(mail.as_bytes(), "mx.desk.example"),
            expected,
            "{headers}"
        );
    }

    #[test]
    fn only_the_topmost_result_of_our_own_server_is_believed() {
        let ours = "Authentication-Results: mx.desk.example;\r\n\tdkim=pass header.d=finder.example header.s=a;\r\n\tspf=pass\r\n";
        let bad =
            "Authentication-Results: mx.desk.example; dkim=fail (bad) header.d=finder.example\r\n";
        let theirs = "Authentication-Results: mx.evil.example; dkim=pass header.d=bank.example\r\n";
        let failed = Dkim::Fail("finder.example".into());
        check(ours, Some(Dkim::Pass("finder.example".into())));
        check(bad, Some(failed.clone()));
        check(theirs, None);
        check(&format!("{bad}{ours}"), Some(failed));
        check("", None);
        assert_eq!(signature(b"From: a@b\r\n\r\nx", ""), None);
    }
}
