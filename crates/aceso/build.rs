//! Lists what the program is made of, for `aceso sbom`: the crates that are linked into it for this target, as Cargo
//! resolved them, and the C libraries that some of them carry.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a build that cannot tell what it is made of must stop"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

fn main() {
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    println!("cargo::rerun-if-changed=../../Cargo.toml");
    println!("cargo::rerun-if-env-changed=OPENSSL_NO_VENDOR");
    let list = list(&metadata());
    let out = PathBuf::from(variable("OUT_DIR")).join("components.json");
    std::fs::write(&out, list.to_string()).expect("write the list of components");
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn output(program: &str, args: &[&str]) -> String {
    let out = Command::new(program).args(args).output();
    let out = out.unwrap_or_else(|error| panic!("{program} does not start: {error}"));
    assert!(
        out.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

fn metadata() -> Value {
    let target = variable("TARGET");
    let text = output(
        &variable("CARGO"),
        &[
            "metadata",
            "--format-version=1",
            "--offline",
            "--locked",
            "--filter-platform",
            &target,
        ],
    );
    serde_json::from_str(&text).expect("what cargo metadata says")
}

/// The components, each with the refs of those that it is built on, sorted.
fn list(metadata: &Value) -> Value {
    let packages = by_id(&metadata["packages"], "id");
    let nodes = by_id(&metadata["resolve"]["nodes"], "id");
    let root = packages
        .iter()
        .find(|(_, package)| package["name"] == "aceso")
        .map(|(id, _)| *id)
        .expect("the program itself");
    let mut linked = BTreeSet::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        if linked.insert(id) {
            open.extend(built_on(nodes[id], &packages));
        }
    }
    let sums = sums();
    let mut components: Vec<Value> = linked
        .iter()
        .map(|id| component(packages[*id], nodes[*id], &packages, &sums))
        .collect();
    components.sort_by_key(|one| one["ref"].as_str().unwrap_or_default().to_owned());
    json!({
        "target": variable("TARGET"),
        "rustc": output(&variable("RUSTC"), &["--version"]).split(' ').nth(1),
        "components": components,
        "bundled": bundled(&packages, &linked, &nodes),
    })
}

fn by_id<'a>(list: &'a Value, key: &str) -> BTreeMap<&'a str, &'a Value> {
    let all = list.as_array().expect("a list");
    all.iter()
        .filter_map(|one| Some((one[key].as_str()?, one)))
        .collect()
}

/// What is linked into the program with this one: no build scripts, no tests, no macros.
fn built_on<'a>(node: &'a Value, packages: &BTreeMap<&str, &Value>) -> Vec<&'a str> {
    let deps = node["deps"].as_array().expect("dependencies");
    deps.iter()
        .filter(|dep| {
            let kinds = dep["dep_kinds"].as_array();
            kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
        })
        .filter_map(|dep| dep["pkg"].as_str())
        .filter(|id| !is_macro(packages[*id]))
        .collect()
}

fn is_macro(package: &Value) -> bool {
    let targets = package["targets"].as_array().expect("targets");
    let has = |wanted: &str| {
        let of = |target: &Value| {
            let kinds = target["kind"].as_array();
            kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == wanted))
        };
        targets.iter().any(of)
    };
    has("proc-macro") && !has("lib")
}

fn reference(package: &Value) -> String {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    format!("{}@{}", text("name"), text("version"))
}

/// The digests of the crates' archives, from the lock file.
fn sums() -> BTreeMap<String, String> {
    let lock = std::fs::read_to_string("../../Cargo.lock").expect("read Cargo.lock");
    let field = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key));
        line.map(|value| value.trim_matches('"').to_owned())
    };
    lock.split("[[package]]")
        .filter_map(|block| {
            let (name, version) = (field(block, "name = ")?, field(block, "version = ")?);
            Some((format!("{name}@{version}"), field(block, "checksum = ")?))
        })
        .collect()
}

fn component(
    package: &Value,
    node: &Value,
    packages: &BTreeMap<&str, &Value>,
    sums: &BTreeMap<String, String>,
) -> Value {
    let mut on: Vec<String> = built_on(node, packages)
        .into_iter()
        .map(|id| reference(packages[id]))
        .collect();
    on.sort();
    json!({
        "ref": reference(package),
        "name": package["name"],
        "version": package["version"],
        "licence": package["license"],
        "repository": package["repository"],
        "sha256": sums.get(&reference(package)),
        "ours": package["source"].is_null(),
        "on": on,
    })
}

/// C libraries that are compiled in or linked: which, what version, and the crate that brings them.
fn bundled(
    packages: &BTreeMap<&str, &Value>,
    linked: &BTreeSet<&str>,
    nodes: &BTreeMap<&str, &Value>,
) -> Vec<Value> {
    let named = |name: &str| packages.iter().find(|(_, p)| p["name"] == name);
    let one = |name: &str, version: &str, licence: &str, by: &Value, linking: &str| json!({"name": name, "version": version, "licence": licence, "by": reference(by), "linking": linking});
    let mut all = Vec::new();
    if let (Some((_, source)), Some((_, by))) = (named("sqlcipher-src"), named("libsqlite3-sys")) {
        // 419.0.6+sqlcipher-4.19.0-sqlite-3.53.4-libtomcrypt-1.18.2
        let parts = behind_plus(source);
        let parts: Vec<&str> = parts.split('-').collect();
        for pair in parts.chunks_exact(2) {
            match pair {
                ["sqlcipher", version] => {
                    all.push(one("SQLCipher", version, "BSD-3-Clause", by, "static"))
                }
                ["sqlite", version] => all.push(one("SQLite", version, "blessing", by, "static")),
                // Carried there, and not compiled: pages are sealed by OpenSSL.
                _ => {}
            }
        }
        let system = std::env::var_os("OPENSSL_NO_VENDOR").is_some_and(|v| v != "0");
        all.push(match (system, named("openssl-src")) {
            (false, Some((_, vendored))) => one(
                "OpenSSL",
                &behind_plus(vendored),
                "Apache-2.0",
                by,
                "static",
            ),
            (true, _) | (false, None) => {
                let version = output("pkg-config", &["--modversion", "openssl"]);
                one("OpenSSL", &version, "Apache-2.0", by, "dynamic")
            }
        });
    }
    for (id, package) in packages.iter().filter(|(id, _)| linked.contains(*id)) {
        match package["name"].as_str().unwrap_or_default() {
            "zstd-sys" => {
                let version = behind_plus(package);
                let version = version.trim_start_matches("zstd.");
                all.push(one("Zstandard", version, "BSD-3-Clause", package, "static"));
            }
            "aws-lc-sys" => {
                let header = source_of(package, "aws-lc/include/openssl/base.h");
                let version = after(&header, "#define AWSLC_VERSION_NUMBER_STRING");
                all.push(one(
                    "AWS-LC",
                    &version,
                    "ISC AND (Apache-2.0 OR ISC)",
                    package,
                    "static",
                ));
            }
            "libmimalloc-sys" => all.push(one(
                "mimalloc",
                &mimalloc(package, nodes[id]),
                "MIT",
                package,
                "static",
            )),
            _ => {}
        }
    }
    all.sort_by_key(|one| one["name"].as_str().unwrap_or_default().to_owned());
    all
}

fn behind_plus(package: &Value) -> String {
    let version = package["version"].as_str().unwrap_or_default();
    let (_, behind) = version
        .split_once('+')
        .expect("a version with its source's");
    behind.to_owned()
}

fn source_of(package: &Value, file: &str) -> String {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    let path = manifest.with_file_name("").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The word after a definition's name, without its quotes.
fn after(header: &str, definition: &str) -> String {
    let line = header
        .lines()
        .find_map(|line| line.strip_prefix(definition));
    let line = line.unwrap_or_else(|| panic!("no {definition}"));
    let word = line.split_whitespace().next().unwrap_or_default();
    word.trim_matches('"').to_owned()
}

/// 20302 is 2.3.2.
fn mimalloc(package: &Value, node: &Value) -> String {
    let features = node["features"].as_array().expect("features");
    let branch = if features.iter().any(|f| f == "v2") {
        "v2"
    } else {
        "v3"
    };
    let header = source_of(
        package,
        &format!("c_src/mimalloc/{branch}/include/mimalloc.h"),
    );
    let number = after(&header, "#define MI_MALLOC_VERSION");
    let number: u32 = number.parse().expect("mimalloc's version");
    format!(
        "{}.{}.{}",
        number / 10_000,
        number / 100 % 100,
        number % 100
    )
}
