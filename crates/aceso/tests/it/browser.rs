//! A browser as far as forms need one: it keeps cookies, follows redirects of its own server, and posts the forms it was
//! shown with their hidden fields.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::stage::text;

/// A browser at one server.
#[derive(Clone)]
pub(crate) struct Browser {
    address: String,
    pub(crate) cookies: BTreeMap<String, String>,
    /// The address that a proxy says it has.
    pub(crate) from: Option<String>,
    /// What it says of the site that a request comes from.
    pub(crate) site: &'static str,
}

/// A page that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Browser {
    /// Without cookies, at `127.0.0.1:PORT`.
    pub(crate) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            cookies: BTreeMap::new(),
            from: None,
            site: "same-origin",
        }
    }

    /// Asks for a page, once.
    pub(crate) fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, "")
    }

    /// Asks for a page and follows where it leads.
    pub(crate) fn open(&mut self, path: &str) -> Page {
        let page = self.get(path);
        self.follow(page)
    }

    /// Posts fields as they are.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
        let body: Vec<String> = pairs.collect();
        self.send("POST", path, &body.join("&"))
    }

    /// Fills the form of a page that has this action, and posts it with its hidden fields; not followed.
    #[track_caller]
    pub(crate) fn submit(&mut self, page: &Page, action: &str, typed: &[(&str, &str)]) -> Page {
        let form = page
            .form(action)
            .unwrap_or_else(|| panic!("no form for {action}: {}", page.body));
        let mut fields = hidden(form);
        for (name, value) in typed {
            fields.retain(|(n, _)| n != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        self.post(action, &fields)
    }

    /// Follows redirects, five at most.
    pub(crate) fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..5 {
            if !(300..400).contains(&page.status) {
                return page;
            }
            let to = page.location().to_owned();
            page = self.get(&to);
        }
        panic!("more than five redirects");
    }

    /// A file, as it is sent.
    #[track_caller]
    pub(crate) fn file(&mut self, path: &str) -> Vec<u8> {
        let answer = self.exchange("GET", path, "");
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = text(&answer[..end]);
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        answer[end + 4..].to_vec()
    }

    /// One request on a connection of its own.
    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) -> Page {
        let answer = text(&self.exchange(method, path, body));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let page = Page {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        };
        self.keep(&page);
        page
    }

    fn exchange(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookie = match cookies.is_empty() {
            true => String::new(),
            false => format!("Cookie: {}\r\n", cookies.join("; ")),
        };
        let from = self
            .from
            .as_ref()
            .map(|from| format!("X-Forwarded-For: {from}\r\n"));
        let (from, site) = (from.unwrap_or_default(), self.site);
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\
             Accept: text/html\r\nSec-Fetch-Site: {site}\r\n{from}{cookie}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    fn keep(&mut self, page: &Page) {
        for line in page.lines("set-cookie") {
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Page {
    /// The values of a header.
    pub(crate) fn lines(&self, name: &str) -> Vec<&str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(':'));
        pairs
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect()
    }

    /// Where a redirect leads: a path of this server.
    #[track_caller]
    pub(crate) fn location(&self) -> &str {
        let to = *self.lines("location").first().expect("a redirect");
        match to.split_once("://") {
            Some((_, rest)) => &rest[rest.find('/').unwrap()..],
            None => to,
        }
    }

    /// Asserts the status; answers itself.
    #[track_caller]
    pub(crate) fn expect(self, status: u16, what: &str) -> Self {
        assert_eq!(self.status, status, "{what}: {}\n{}", self.head, self.body);
        self
    }

    /// The body without what differs in every answer: tokens, nonces, ceremonies (attributes of 20 characters and more
    /// that are one word), and with `this` as HERE.
    pub(crate) fn without_chance(&self, this: &str) -> String {
        let body = self.body.replace(this, "HERE");
        let parts = body.split("=\"").map(|part| match part.split_once('"') {
            Some((value, rest)) if value.len() >= 20 && !value.contains(' ') => {
                format!("*\"{rest}")
            }
            Some(_) | None => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("=\"")
    }

    /// The text of a form with this action, its fields included.
    pub(crate) fn form(&self, action: &str) -> Option<&str> {
        let wanted = format!("action=\"{action}\"");
        self.body.split("<form").skip(1).find_map(|form| {
            let form = form.split("</form>").next()?;
            let tag = form.split('>').next()?;
            tag.contains(&wanted).then_some(form)
        })
    }
}

/// The hidden fields of a form.
fn hidden(form: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for input in form.split("<input").skip(1) {
        let tag = input.split('>').next().unwrap_or_default();
        if !tag.contains("type=\"hidden\"") {
            continue;
        }
        let value = |name: &str| {
            let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
            let rest = &tag[start..];
            Some(plain(&rest[..rest.find('"')?]))
        };
        if let Some(name) = value("name") {
            fields.push((name, value("value").unwrap_or_default()));
        }
    }
    fields
}

fn plain(html: &str) -> String {
    html.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(b).to_string()
            }
            _ => format!("%{b:02X}"),
        })
        .collect()
}
