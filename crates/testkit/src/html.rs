//! Rules that every page of ours keeps, checked on its markup.

/// A start tag as it stands in the markup.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
    at: usize,
}

impl<'a> Tag<'a> {
    fn attribute(&self, name: &str) -> Option<&'a str> {
        let found = self.attributes.iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| *value)
    }
}

/// What is wrong with a whole page; nothing, if it keeps the rules: a language, one title and one `h1`, no id twice, a label
/// for every input, the token in every form that is posted, nothing typed there that a browser keeps for another time,
/// autocompletion for passwords, no style or script within.
pub fn problems(html: &str) -> Vec<String> {
    let tags = tags(html);
    let mut wrong = Vec::new();
    let count = |name: &str| tags.iter().filter(|t| t.name == name).count();
    for (name, wanted) in [("html", 1), ("title", 1), ("h1", 1), ("main", 1)] {
        if count(name) != wanted {
            wrong.push(format!("{} <{name}>", count(name)));
        }
    }
    if tags
        .iter()
        .any(|t| t.name == "html" && t.attribute("lang").is_none_or(str::is_empty))
    {
        wrong.push("no language".into());
    }
    ids(&tags, &mut wrong);
    inputs(html, &tags, &mut wrong);
    forms(html, &tags, &mut wrong);
    for tag in &tags {
        let inline = tag
            .attributes
            .iter()
            .any(|(name, _)| *name == "style" || name.starts_with("on"));
        if inline || tag.name == "style" || (tag.name == "script" && tag.attribute("src").is_none())
        {
            wrong.push(format!("style or script within <{}>", tag.name));
        }
    }
    wrong
}

fn ids(tags: &[Tag<'_>], wrong: &mut Vec<String>) {
    let mut seen = std::collections::HashSet::new();
    for id in tags.iter().filter_map(|t| t.attribute("id")) {
        if !seen.insert(id) {
            wrong.push(format!("id {id} twice"));
        }
    }
    for tag in tags {
        for reference in ["aria-describedby", "aria-labelledby", "for"] {
            for id in tag
                .attribute(reference)
                .into_iter()
                .flat_map(str::split_whitespace)
            {
                if !seen.contains(id) {
                    wrong.push(format!("{reference} points to no id: {id}"));
                }
            }
        }
    }
}

fn inputs(html: &str, tags: &[Tag<'_>], wrong: &mut Vec<String>) {
    for tag in tags
        .iter()
        .filter(|t| ["input", "select", "textarea"].contains(&t.name))
    {
        if tag.attribute("type") == Some("hidden") {
            continue;
        }
        let name = tag.attribute("name").unwrap_or("?");
        let labelled = tag.attribute("id").is_some_and(|id| {
            tags.iter()
                .any(|t| t.name == "label" && t.attribute("for") == Some(id))
        });
        if !labelled && tag.attribute("aria-label").is_none() {
            wrong.push(format!("no label for {name}"));
        }
        if tag.attribute("type") == Some("password") && tag.attribute("autocomplete").is_none() {
            wrong.push(format!("no autocompletion for {name}"));
        }
    }
    for tag in tags.iter().filter(|t| ["button", "a"].contains(&t.name)) {
        let end = html[tag.at..]
            .find(&format!("</{}>", tag.name))
            .unwrap_or(0);
        let inside = &html[tag.at..tag.at + end];
        let text: String = inside
            .split('<')
            .filter_map(|p| p.split_once('>'))
            .map(|(_, text)| text)
            .collect();
        if text.trim().is_empty() && tag.attribute("aria-label").is_none() {
            wrong.push(format!("<{}> without a name", tag.name));
        }
    }
}

fn forms(html: &str, tags: &[Tag<'_>], wrong: &mut Vec<String>) {
    for form in tags.iter().filter(|t| t.name == "form") {
        let end = html[form.at..]
            .find("</form>")
            .map_or(html.len(), |n| form.at + n);
        let inside = |t: &&Tag<'_>| t.at > form.at && t.at < end;
        let action = form.attribute("action").unwrap_or("?");
        if !action.starts_with('/') {
            wrong.push(format!("the form goes to {action}"));
        }
        let token = tags.iter().filter(inside).any(|t| {
            t.name == "input"
                && t.attribute("name") == Some("csrf")
                && t.attribute("value").is_some_and(|v| !v.is_empty())
        });
        if form.attribute("method") == Some("post") && !token {
            wrong.push(format!("no token in the form to {action}"));
        }
        let kept = form.attribute("method") == Some("post")
            && form.attribute("autocomplete") != Some("off");
        for field in tags.iter().filter(inside).filter(|t| kept && typed(t)) {
            let name = field.attribute("name").unwrap_or("?");
            wrong.push(format!("a browser keeps what is typed as {name}"));
        }
        if tags.iter().filter(inside).any(|t| t.name == "form") {
            wrong.push(format!("a form within the form to {action}"));
        }
    }
}

/// Something is typed into it, and no purpose is named.
fn typed(tag: &Tag<'_>) -> bool {
    let kind = tag.attribute("type").unwrap_or("text");
    let ticked = ["hidden", "checkbox", "radio", "submit", "file"].contains(&kind);
    let field = tag.name == "textarea" || tag.name == "input" && !ticked;
    field && tag.attribute("autocomplete").is_none()
}

/// The start tags of markup as our templates write it: attributes in double quotes.
fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = html[at..].find('<') {
        let start = at + next;
        let end = html[start..].find('>').map_or(html.len(), |n| start + n);
        let inside = &html[start + 1..end];
        at = end.max(start + 1);
        if !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let (name, rest) = inside
            .split_once(char::is_whitespace)
            .unwrap_or((inside, ""));
        found.push(Tag {
            name: name.trim_end_matches('/'),
            attributes: attributes(rest),
            at: start,
        });
    }
    found
}

fn attributes(mut text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    loop {
        text = text.trim_start();
        if text.is_empty() || text == "/" {
            return found;
        }
        let end = text
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        match rest.strip_prefix("=\"").and_then(|r| r.split_once('"')) {
            Some((value, after)) => {
                found.push((name, value));
                text = after;
            }
            None => {
                found.push((name, ""));
                text = rest.strip_prefix('=').unwrap_or(rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "<!DOCTYPE html><html lang=\"en\"><head><title>t</title></head><body><main><h1>a</h1>\
        <form method=\"post\" action=\"/x\"><input type=\"hidden\" name=\"csrf\" value=\"v\"><label for=\"f-a\">A</label>\
        <input id=\"f-a\" name=\"a\" type=\"password\" autocomplete=\"off\"><button type=\"submit\">Go</button></form></main></body></html>";

    #[test]
    fn a_page_that_keeps_the_rules_passes_and_each_broken_rule_is_named() {
        assert_eq!(problems(GOOD), Vec::<String>::new());
        let check = |from: &str, to: &str, part: &str| {
            let text = GOOD.replacen(from, to, 1);
            let found = problems(&text);
            assert!(found.iter().any(|p| p.contains(part)), "{to}: {found:?}");
        };
        check(" lang=\"en\"", "", "language");
        check("<h1>a</h1>", "", "<h1>");
        check("<label for=\"f-a\">A</label>", "", "label");
        check("name=\"csrf\"", "name=\"token\"", "no token");
        check(" autocomplete=\"off\"", "", "autocompletion");
        check(
            "type=\"password\" autocomplete=\"off\"",
            "",
            "a browser keeps what is typed as a",
        );
        check("<h1>", "<h1 style=\"x\">", "style");
        check("<h1>", "<h1 onclick=\"x\">", "script");
        check("<h1>", "<h1 id=\"f-a\">", "twice");
        check(">Go<", "><", "without a name");
        check("action=\"/x\"", "action=\"https://x\"", "goes to");
    }
}
