//! Plan files, and the runs of plans.

use super::{Example, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        code: "bad-plan",
        title: "The file is not a plan",
        why: "A plan file has a form of its own, and this file does not have it.",
        example: Example {
            failing: "
mig check shop --format json > plan.json
mig apply plan.json
",
            mended: "
mig plan shop -o plan.json
mig apply plan.json
",
        },
        fix: "Give a file that `mig plan -o FILE` wrote, or make it again.",
    },
    Page {
        code: "plan-version",
        title: "The plan file is of another version",
        why: "What a plan file says is understood by the version of `mig` that wrote it.",
        example: Example {
            failing: r#"
mig plan shop -o plan.json
sed -i 's|"version": [0-9]*|"version": 999|' plan.json
mig apply plan.json
"#,
            mended: "
mig plan shop -o plan.json
mig apply plan.json
",
        },
        fix: "Use the mig that made it, or make the plan again with this one and review what differs.",
    },
    Page {
        code: "edited-plan",
        title: "The plan file was changed after it was made",
        why: "A plan is executed exactly as it was reviewed and approved, so its digest has to fit.",
        example: Example {
            failing: "
mig plan shop -o plan.json
sed -i 's|20000|10000|' plan.json
mig apply plan.json
",
            mended: "
sed -i 's|20_000 rows|10_000 rows|' shop/orders.mig
mig plan shop -o plan.json
mig apply plan.json
",
        },
        fix: "Change the sources and make the plan again.",
    },
    Page {
        code: "stale-plan",
        title: "The world is no longer what the plan was made from",
        why: "A source, the catalog, or the schema of a table has changed since. What was reviewed may no longer be right, so nothing is done. Rows may change at any time: they are not part of a plan.",
        example: Example {
            failing: "
mig plan shop -o plan.json
sed -i 's|20_000 rows|10_000 rows|' shop/orders.mig
mig apply plan.json
",
            mended: "
mig plan shop -o plan.json
mig apply plan.json
",
        },
        fix: "Make the plan again and review what differs.",
    },
    Page {
        code: "locked",
        title: "Another run has the migration",
        why: "One run at a time per migration. The message names who has it.",
        example: Example {
            failing: r#"
touch shop/wait
sed -i 's|= notify$|= command(run: ["sh", "-c", "while [ -e wait ]; do sleep 1; done"], undo: ["true"])|' shop/shop.mig
mig apply shop --yes &
until [ -d shop/lake ]; do sleep 0.1; done
mig rollback shop --yes
"#,
            mended: "
rm shop/wait
wait
mig rollback shop --yes
",
        },
        fix: "Wait for it. A process that died holds it for some seconds at the most.",
    },
    Page {
        code: "taken-over",
        title: "Another process took the run over",
        why: "This process did not show a sign of life for too long (a suspended machine, a stalled disk), and another one went on. This one changed nothing after that.",
        example: Example {
            failing: r#"
touch shop/wait
sed -i 's|= notify$|= command(run: ["sh", "-c", "while [ -e wait ]; do sleep 1; done"], undo: ["true"])|' shop/shop.mig
mig apply shop --yes > first 2>&1 &
until pgrep -P $! sh; do sleep 0.5; done
kill -STOP $!
rm shop/wait
until mig apply shop --yes; do sleep 1; done
kill -CONT $!
wait $! || { cat first; false; }
"#,
            mended: "
mig status shop
",
        },
        fix: "Look at `mig status`; the other process brings the run to its end.",
    },
    Page {
        code: "unfinished-run",
        title: "A run of another plan is not finished",
        why: "Two plans at once would undo each other's work.",
        example: Example {
            failing: r#"
printf 'approval go { from = [@group:finance] }\n' >> shop/shop.mig
sed -i 's|batch *= 2|approval = go|' shop/shop.mig
mig apply shop --yes
sed -i 's|20_000 rows|10_000 rows|' shop/orders.mig
mig plan shop -o plan.json
mig apply plan.json
"#,
            mended: "
mig rollback shop --yes
mig plan shop -o plan.json
mig approve plan.json go --from @group:finance --by @user:grace
mig apply plan.json
",
        },
        fix: "Go on with the one that was begun (`mig apply FOLDER`), or undo it (`mig rollback FOLDER`).",
    },
    Page {
        code: "bad-journal",
        title: "The journal cannot be understood",
        why: "It is of a newer mig, of another migration, or was changed by hand. Nothing is guessed and nothing was done.",
        example: Example {
            failing: "
mig apply shop --yes
sqlite3 shop/.mig/journal.db 'UPDATE events SET version = 999'
mig status shop
",
            mended: "
sqlite3 shop/.mig/journal.db 'UPDATE events SET version = 1'
mig status shop
",
        },
        fix: "Use the mig that wrote it; `--state` names another folder.",
    },
    Page {
        code: "journal-unavailable",
        title: "The journal cannot be read or written",
        why: "Every step is written down before it acts, so without the journal nothing is done.",
        example: Example {
            failing: "
touch journals
mig apply shop --yes --state journals
",
            mended: "
rm journals
mig apply shop --yes --state journals
",
        },
        fix: "Check that the folder can be written and that the disk has room, and give the same command again.",
    },
    Page {
        code: "no-run",
        title: "Nothing was run here yet",
        why: "The folder has no journal, so that there is nothing to show, to approve or to undo.",
        example: Example {
            failing: r#"
printf 'approval go { from = [@group:finance] }\n' >> shop/shop.mig
sed -i 's|batch *= 2|approval = go|' shop/shop.mig
mig approve shop go --from @group:finance --by @user:grace
"#,
            mended: "
mig apply shop --yes
mig approve shop go --from @group:finance --by @user:grace
",
        },
        fix: "Give a plan file, or apply a plan first.",
    },
    Page {
        code: "unknown-wave",
        title: "The plan has no wave of that name",
        why: "A wave is named as the plan has it.",
        example: Example {
            failing: "
mig apply shop --yes
mig rollback shop --wave croe --yes
",
            mended: "
mig rollback shop --wave core --yes
",
        },
        fix: "`mig status` shows the waves of a run, `mig plan` those of a plan.",
    },
    Page {
        code: "irreversible",
        title: "A step cannot be undone",
        why: "`mig plan` marked it as the point of no return, with the reason. Nothing is undone around it: half a rollback is worse than none.",
        example: Example {
            failing: r#"
printf 'consumer cache: @component:warehouse {\n  cut_over = command(run: ["true"])\n  irreversible because "what was emptied stays empty"\n}\n' >> shop/shop.mig
mig apply shop --yes
mig rollback shop --yes
"#,
            mended: "
mig status shop
",
        },
        fix: "Undo only the waves after it, with `--wave`, or mend forward with a migration of its own.",
    },
    Page {
        code: "unknown-approval",
        title: "The plan has no approval of that name",
        why: "An approval is named as the plan has it.",
        example: Example {
            failing: r#"
printf 'approval go { from = [@group:finance] }\n' >> shop/shop.mig
sed -i 's|batch *= 2|approval = go|' shop/shop.mig
mig plan shop -o plan.json
mig approve plan.json og --from @group:finance --by @user:grace
"#,
            mended: "
mig approve plan.json go --from @group:finance --by @user:grace
",
        },
        fix: "`mig plan` shows which approvals a plan waits for.",
    },
    Page {
        code: "not-asked",
        title: "The approval is not asked of this entity",
        why: "An approval has a list of entities that are asked, `from = […]`.",
        example: Example {
            failing: r#"
printf 'approval go { from = [@group:finance] }\n' >> shop/shop.mig
sed -i 's|batch *= 2|approval = go|' shop/shop.mig
mig plan shop -o plan.json
mig approve plan.json go --from @group:commerce --by @user:grace
"#,
            mended: "
mig approve plan.json go --from @group:finance --by @user:grace
",
        },
        fix: "Approve for one of those.",
    },
    Page {
        code: "not-a-member",
        title: "The person does not speak for the entity",
        why: "A group is spoken for by its members, as the catalog had them when the plan was made.",
        example: Example {
            failing: r#"
printf 'approval go { from = [@group:finance] }\n' >> shop/shop.mig
sed -i 's|batch *= 2|approval = go|' shop/shop.mig
mig plan shop -o plan.json
mig approve plan.json go --from @group:finance --by @user:ada
"#,
            mended: "
mig approve plan.json go --from @group:finance --by @user:grace
",
        },
        fix: "Let a member approve; after a change of the group make the plan again.",
    },
    Page {
        code: "not-completed",
        title: "Only a completed run is made final",
        why: "`mig complete` drops old tables for good, so every wave must be moved, validated and switched, its soak included.",
        example: Example {
            failing: r#"
printf 'approval go { from = [@group:finance] }\n' >> shop/shop.mig
sed -i 's|batch *= 2|approval = go|' shop/shop.mig
mig apply shop --yes
mig complete shop --yes
"#,
            mended: "
mig approve shop go --from @group:finance --by @user:grace
mig apply shop
mig complete shop --yes
",
        },
        fix: "Go on with the run: `mig apply`. `mig status` shows where it stands.",
    },
    Page {
        code: "cleanup-refused",
        title: "Making the run final would lose something or break something",
        why: "An old table is dropped only when it is still what was copied, when the new table is there, and when no view, foreign key or \
              other table needs it. The message says which it is, with the rows. Nothing was dropped.",
        example: Example {
            failing: r#"
sed -i 's|^  key *= order_id|&\n  cleanup  = drop_old|' shop/orders.mig
mig apply shop --yes
mig complete shop --yes
"#,
            mended: "
mig rollback shop --yes
",
        },
        fix: "Do what the message says, and run `mig complete` again; or `mig rollback`, which still undoes all.",
    },
    Page {
        code: "past-the-point-of-no-return",
        title: "The run was made final",
        why: "`mig complete` has dropped old tables, or deleted the receipts by which mig tells its rows from others'.",
        example: Example {
            failing: "
mig apply shop --yes
mig complete shop --yes
mig rollback shop --yes
",
            mended: "
mig status shop
",
        },
        fix: "What was moved stays moved. To move it back, write a migration that goes the other way.",
    },
];
