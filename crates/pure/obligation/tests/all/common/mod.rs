//! The files of the packs, as a caller reads them from a directory, and an order of a test's own.

use std::collections::BTreeMap;
use std::path::Path;

/// The least that a pack says of its order; the duties are each test's.
pub(crate) const ORDER: &str = r#"
revision = 1
title = "Agency v. Company"
parties = ["Company"]
respondent = "Company"
court = "A court"
docket = "1"
document = "Document 1"
zone = "America/New_York"
grade = "order"
sources = [{ title = "the text", grade = "text" }]
"#;

/// Every file of the packs that ship, by path below the packs' folder.
pub(crate) fn files() -> BTreeMap<String, String> {
    fn read(dir: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(dir).expect("a folder of the packs") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read(&path, root, files);
            } else {
                let name = path.strip_prefix(root).expect("below the packs");
                let text = std::fs::read_to_string(&path).expect("text");
                files.insert(name.to_string_lossy().replace('\\', "/"), text);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../orders/packs");
    let mut files = BTreeMap::new();
    read(&root, &root, &mut files);
    files
}
