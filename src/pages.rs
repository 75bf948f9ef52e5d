//! The pages of the program's own codes: problems of the world around a migration. The codes of the
//! language are the compiler's. `mig explain CODE` prints either.

use std::fmt;

/// The page of one code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// The code.
    pub(crate) code: &'static str,
    /// What it says, without full stop.
    pub(crate) title: &'static str,
    /// Why it stops the program.
    pub(crate) why: &'static str,
    /// What to do.
    pub(crate) fix: &'static str,
}

/// The page as Markdown, like the compiler's.
impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {}\n\n{}.\n\n{}\n", self.code, self.title, self.why)?;
        writeln!(f, "## What to do\n\n{}", self.fix)
    }
}

/// The page of a code.
pub(crate) fn page(code: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.code == code)
}

/// Every page, by concern.
pub(crate) const PAGES: &[Page] = &[
    Page {
        code: "usage",
        title: "The command line cannot be understood",
        why: "A command or an argument is not one that `mig` has, or two do not go together. Nothing was done.",
        fix: "`mig COMMAND --help` shows the arguments with examples.",
    },
    Page {
        code: "unknown-code",
        title: "There is no diagnostic of this code",
        why: "Every diagnostic has a page under its code, and this code has none.",
        fix: "`mig explain` without a code lists all of them.",
    },
    Page {
        code: "not-found",
        title: "A file or folder does not exist",
        why: "Nothing is there under this path. A plan file knows its migration's folder by the way from one to the other.",
        fix: "Check the path; `--folder` names a migration's folder when it was moved apart from its plan file.",
    },
    Page {
        code: "no-port",
        title: "A port cannot be served",
        why: "Another program may have it, or the system keeps it.",
        fix: "Give another one; `mig lsp --socket 0` takes a free one and prints it.",
    },
    Page {
        code: "unreadable",
        title: "A file or folder cannot be read",
        why: "The system refused to read it, and nothing is guessed of what it holds.",
        fix: "Check that you may read it and that the disk is sound.",
    },
    Page {
        code: "unwritable",
        title: "A file cannot be written",
        why: "The system refused to write it. Files are replaced in one step, so what was there before is whole.",
        fix: "Check that its folder exists, that you may write there, and that the disk has room.",
    },
    Page {
        code: "not-a-folder",
        title: "A migration is a folder, and this is a file",
        why: "A folder of `.mig` files is one migration, whatever the files are called.",
        fix: "Give the folder.",
    },
    Page {
        code: "no-sources",
        title: "The folder has no `.mig` files",
        why: "A migration is made of `.mig` files. Folders inside are looked into, hidden ones are not.",
        fix: "Give the folder of a migration. `mig demo` makes one to look at.",
    },
    Page {
        code: "unknown-dataset",
        title: "The migration has no dataset of this name",
        why: "A dataset is named as the migration has it. A member of a family is `family.member`, and the family's name alone stands for all of them.",
        fix: "`mig plan --all` lists every dataset.",
    },
    Page {
        code: "unknown-subject",
        title: "Neither the catalog nor the migration has this",
        why: "Impact is asked for an entity of the catalog (`@resource:orders`, `resource:default/orders`, or its name where no other entity has it) or for a dataset of the migration. A column is one of the old table's.",
        fix: "Write the entity as the catalog has it.",
    },
    Page {
        code: "sources-exist",
        title: "The folder has a migration already",
        why: "A folder of `.mig` files is one migration, and `mig init` writes a new one.",
        fix: "Give another folder, or `--force` to replace the file that an earlier `mig init` wrote; other files are never replaced.",
    },
    Page {
        code: "nothing-to-propose",
        title: "No migration follows from what the catalog and the stores say",
        why: "`mig init` pairs entities of the catalog with tables of the old store. An entity says its table with the annotation `mig.dev/table`, or has its name, with `_` for `-`. Nothing was written.",
        fix: "Annotate the entities with their tables, or check that the catalog and the store are those that were meant.",
    },
    Page {
        code: "source-too-large",
        title: "A source is larger than people write",
        why: "It is probably not a `.mig` file: families (`datasets`, `consumers`) say in a few lines what thousands of items would.",
        fix: "If it is one, split it: a migration may have any number of files.",
    },
    Page {
        code: "not-utf-8",
        title: "A source is not UTF-8 text",
        why: "It is probably not a `.mig` file, or was saved in an encoding of another time.",
        fix: "If it is one, save it as UTF-8.",
    },
    Page {
        code: "bad-catalog",
        title: "The catalog has a fault",
        why: "A descriptor file cannot be understood, or two say different things about one entity. What depends on it cannot be checked, so nothing is planned before it is mended.",
        fix: "Mend the descriptor at the line that the message names.",
    },
    Page {
        code: "doubtful-catalog",
        title: "The catalog may not say all that was meant",
        why: "The catalog can be used. A file that matches no pattern, or a relation to an entity that is not there, is often a slip.",
        fix: "Correct the pattern or the reference, if it is one.",
    },
    Page {
        code: "catalog-unavailable",
        title: "The catalog cannot be reached",
        why: "Checking needs the catalog: it says who owns and who reads what.",
        fix: "Check the address, the token and the network, and run again.",
    },
    Page {
        code: "unset-variable",
        title: "An environment variable is not set",
        why: "A secret is named in the source as `env.NAME` and read when it is needed. Its value is never shown or written down.",
        fix: "Set the variable and run again.",
    },
    Page {
        code: "store-unreachable",
        title: "A store cannot be reached",
        why: "Checking and planning read the schemas of the stores as they are now.",
        fix: "Check that the store is up, its address, and that the user may read it.",
    },
    Page {
        code: "schema-drift",
        title: "A table is not as in the snapshot of the schemas",
        why: "`schemas.lock.json` says what the tables were like when it was pulled and reviewed, and `mig check` believes it. `mig check --live` and `mig plan` look at the stores too, and tell column by column what is different: a column that is new, gone, of another type, nullable or no longer so, with or without a default; another key; a table that is gone. It is an error for the tables that rows come from, and for a new table that was there before: what was reviewed is no longer so. It is a warning for new tables and views that have come or gone, since a run makes and undoes them itself, and for tables of a family's store that no dataset is about.\n\nAfter `mig schema pull`, somebody runs `ALTER TABLE people ADD COLUMN phone TEXT` in the old store. `mig check` still passes; `mig check --live` says that ``column phone (TEXT (text?)) is new``.",
        fix: "Run `mig schema pull`, review what differs in the file, and adapt the mapping where `mig check` then says so.",
    },
    Page {
        code: "catalog-drift",
        title: "The catalog is not as in its snapshot",
        why: "`catalog.lock.json` says what the catalog had when it was pulled and reviewed, and `mig check` believes it. `mig check --live` and `mig plan` ask Backstage too. It is an error when an entity of this migration is new, gone or changed: a dataset, a consumer, whoever reads a dataset, an owner, or one who may approve. It is a warning when only others are.\n\nAfter `mig catalog pull`, a new component is registered that depends on a migrated dataset. `mig check` still passes; `mig plan` says that ``component:default/newcomer is new``.",
        fix: "Run `mig catalog pull`, review what differs in the file, and give the newcomer its place where `mig check` then says so.",
    },
    Page {
        code: "outdated-snapshot",
        title: "The sources name what a snapshot does not know",
        why: "A snapshot has what the sources named when it was pulled: these tables, this catalog, these stores. A table that was named since may be there or not, and a store that is somewhere else now may hold anything.\n\nAfter `mig schema pull`, a `dataset` with another old table is written, or `url` of a store is changed.",
        fix: "Run `mig schema pull` or `mig catalog pull`, as the message says, and review what differs in the file.",
    },
    Page {
        code: "no-snapshot",
        title: "The editor knows nothing of a part of the world",
        why: "An editor is never kept waiting for Backstage or a store: it is told what their snapshots say, and there is none. Until \
              there is, names of entities, tables and columns are neither offered nor proved; `mig check` reads the world.",
        fix: "Make them with `mig catalog pull` and `mig schema pull`, or with the editor's command `mig.refresh`.",
    },
    Page {
        code: "bad-snapshot",
        title: "A snapshot is not whole",
        why: "`catalog.lock.json` or `schemas.lock.json` was cut off, merged with conflicts, or is another file. Nothing is guessed from a part.",
        fix: "Make it again with `mig catalog pull` or `mig schema pull`, and review what differs.",
    },
    Page {
        code: "snapshot-version",
        title: "A snapshot is of another version",
        why: "What a snapshot says is understood by the version of `mig` that wrote it.",
        fix: "Use the mig that made it, or make it again with this one (`mig catalog pull`, `mig schema pull`) and review what differs.",
    },
    Page {
        code: "edited-snapshot",
        title: "A snapshot was changed after it was pulled",
        why: "A snapshot says what was there, so its content has to have the digest that it claims. It is not the place to try things out.",
        fix: "Make it again with `mig catalog pull` or `mig schema pull`, and review what differs.",
    },
    Page {
        code: "bad-plan",
        title: "The file is not a plan",
        why: "A plan file has a form of its own, and this file does not have it.",
        fix: "Give a file that `mig plan -o FILE` wrote, or make it again.",
    },
    Page {
        code: "plan-version",
        title: "The plan file is of another version",
        why: "What a plan file says is understood by the version of `mig` that wrote it.",
        fix: "Use the mig that made it, or make the plan again with this one and review what differs.",
    },
    Page {
        code: "edited-plan",
        title: "The plan file was changed after it was made",
        why: "A plan is executed exactly as it was reviewed and approved, so its digest has to fit.",
        fix: "Change the sources and make the plan again.",
    },
    Page {
        code: "stale-plan",
        title: "The world is no longer what the plan was made from",
        why: "A source, the catalog, or the schema of a table has changed since. What was reviewed may no longer be right, so nothing is done. Rows may change at any time: they are not part of a plan.",
        fix: "Make the plan again and review what differs.",
    },
    Page {
        code: "not-confirmed",
        title: "Nobody could be asked",
        why: "A command that changes something asks first, and needs a terminal for that.",
        fix: "In a pipeline, review a plan file and apply that, or say `--yes`.",
    },
    Page {
        code: "locked",
        title: "Another run has the migration",
        why: "One run at a time per migration. The message names who has it.",
        fix: "Wait for it. A process that died holds it for some seconds at the most.",
    },
    Page {
        code: "taken-over",
        title: "Another process took the run over",
        why: "This process did not show a sign of life for too long (a suspended machine, a stalled disk), and another one went on. This one changed nothing after that.",
        fix: "Look at `mig status`; the other process brings the run to its end.",
    },
    Page {
        code: "unfinished-run",
        title: "A run of another plan is not finished",
        why: "Two plans at once would undo each other's work.",
        fix: "Go on with the one that was begun (`mig apply FOLDER`), or undo it (`mig rollback FOLDER`).",
    },
    Page {
        code: "bad-journal",
        title: "The journal cannot be understood",
        why: "It is of a newer mig, of another migration, or was changed by hand. Nothing is guessed and nothing was done.",
        fix: "Use the mig that wrote it; `--state` names another folder.",
    },
    Page {
        code: "journal-unavailable",
        title: "The journal cannot be read or written",
        why: "Every step is written down before it acts, so without the journal nothing is done.",
        fix: "Check that the folder can be written and that the disk has room, and give the same command again.",
    },
    Page {
        code: "no-run",
        title: "Nothing was run here yet",
        why: "The folder has no journal, so that there is nothing to show, to approve or to undo.",
        fix: "Give a plan file, or apply a plan first.",
    },
    Page {
        code: "unknown-wave",
        title: "The plan has no wave of that name",
        why: "A wave is named as the plan has it.",
        fix: "`mig status` shows the waves of a run, `mig plan` those of a plan.",
    },
    Page {
        code: "irreversible",
        title: "A step cannot be undone",
        why: "`mig plan` marked it as the point of no return, with the reason. Nothing is undone around it: half a rollback is worse than none.",
        fix: "Undo only the waves after it, with `--wave`, or mend forward with a migration of its own.",
    },
    Page {
        code: "unknown-approval",
        title: "The plan has no approval of that name",
        why: "An approval is named as the plan has it.",
        fix: "`mig plan` shows which approvals a plan waits for.",
    },
    Page {
        code: "not-asked",
        title: "The approval is not asked of this entity",
        why: "An approval has a list of entities that are asked, `from = […]`.",
        fix: "Approve for one of those.",
    },
    Page {
        code: "not-a-member",
        title: "The person does not speak for the entity",
        why: "A group is spoken for by its members, as the catalog had them when the plan was made.",
        fix: "Let a member approve; after a change of the group make the plan again.",
    },
    Page {
        code: "not-completed",
        title: "Only a completed run is made final",
        why: "`mig complete` drops old tables for good, so every wave must be moved, validated and switched, its soak included.",
        fix: "Go on with the run: `mig apply`. `mig status` shows where it stands.",
    },
    Page {
        code: "cleanup-refused",
        title: "Making the run final would lose something or break something",
        why: "An old table is dropped only when it is still what was copied, when the new table is there, and when no view, foreign key or \
              other table needs it. The message says which it is, with the rows. Nothing was dropped.",
        fix: "Do what the message says, and run `mig complete` again; or `mig rollback`, which still undoes all.",
    },
    Page {
        code: "past-the-point-of-no-return",
        title: "The run was made final",
        why: "`mig complete` has dropped old tables, or deleted the receipts by which mig tells its rows from others'.",
        fix: "What was moved stays moved. To move it back, write a migration that goes the other way.",
    },
    Page {
        code: "folder-in-use",
        title: "The demo's folder belongs to somebody else",
        why: "The demo makes its own folder anew every time, so it takes only a new one, an empty one, or its own.",
        fix: "Give another folder, `mig demo DIR`.",
    },
    Page {
        code: "no-such-table",
        title: "A store does not have the table",
        why: "`mig diff --old KIND:LOCATION#TABLE` names a table in a store, and the store does not have it.",
        fix: "Name it as `schema.table` in PostgreSQL, `table` in SQLite, and as a folder or file in a store of files.",
    },
    Page {
        code: "not-comparable",
        title: "Two tables, or a column of them, cannot be compared",
        why: "Without a migration columns are matched by their names and compared in a type that holds both without loss. Here there is none.",
        fix: "Compare by a migration: its mapping says how one becomes the other. docs/equality.md has the table of types.",
    },
    Page {
        code: "not-compared",
        title: "A comparison came to no end",
        why: "A store was out of reach, or a row has no value under the mapping or the condition. Nothing can be said of tables that were not compared to the end.",
        fix: "Mend what the message names, and compare again.",
    },
    Page {
        code: "no-runtime",
        title: "The system gives the program no threads",
        why: "Copies run side by side, and the system allows no thread for them.",
        fix: "Check the limits of processes and open files (`ulimit -a`).",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_is_not_the_compilers() {
        let mut codes: Vec<&str> = PAGES.iter().map(|page| page.code).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for code in codes {
            assert!(mig_compiler::codes::page(code).is_none(), "{code} is the compiler's");
        }
    }
}
