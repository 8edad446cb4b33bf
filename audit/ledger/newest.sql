CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

INSERT INTO "alembic_version" VALUES('0008');

CREATE TABLE attestations (
	attestation INTEGER NOT NULL, 
	item VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	base_version INTEGER NOT NULL, 
	done_on DATE NOT NULL, 
	who TEXT NOT NULL, 
	evidence TEXT DEFAULT '' NOT NULL, 
	saved_by TEXT DEFAULT '' NOT NULL, 
	said_at VARCHAR DEFAULT '' NOT NULL, 
	source VARCHAR NOT NULL, 
	recorded_on DATE NOT NULL, 
	number INTEGER, 
	PRIMARY KEY (attestation), 
	CONSTRAINT uq_attestations UNIQUE (item, version), 
	FOREIGN KEY(number) REFERENCES runs (number)
);

CREATE TABLE conflicts (
	"conflict" INTEGER NOT NULL, 
	finding_id VARCHAR(16) NOT NULL, 
	field VARCHAR NOT NULL, 
	ledger_text TEXT NOT NULL, 
	copy_text TEXT NOT NULL, 
	ledger_version INTEGER NOT NULL, 
	base_version INTEGER NOT NULL, 
	who TEXT DEFAULT '' NOT NULL, 
	said_at VARCHAR DEFAULT '' NOT NULL, 
	source VARCHAR NOT NULL, 
	noticed_on DATE NOT NULL, 
	settled_on DATE, 
	PRIMARY KEY ("conflict"), 
	FOREIGN KEY(finding_id) REFERENCES findings (finding_id)
);

CREATE TABLE cycles (
	period VARCHAR NOT NULL, 
	edition VARCHAR(16) NOT NULL, 
	through DATE NOT NULL, 
	complete BOOLEAN NOT NULL, 
	files JSON NOT NULL, 
	PRIMARY KEY (period)
);

CREATE TABLE "events" (
	event INTEGER NOT NULL, 
	number INTEGER, 
	as_of DATE NOT NULL, 
	finding_id VARCHAR(16) NOT NULL, 
	kind VARCHAR NOT NULL, 
	who TEXT DEFAULT '' NOT NULL, 
	said_at VARCHAR DEFAULT '' NOT NULL, 
	source VARCHAR DEFAULT '' NOT NULL, 
	field VARCHAR DEFAULT '' NOT NULL, 
	"before" TEXT DEFAULT '' NOT NULL, 
	"after" TEXT DEFAULT '' NOT NULL, 
	row_version INTEGER, 
	state VARCHAR DEFAULT '' NOT NULL, 
	severity VARCHAR DEFAULT '' NOT NULL, 
	was_state VARCHAR DEFAULT '' NOT NULL, 
	was_sight VARCHAR DEFAULT '' NOT NULL, 
	was_severity VARCHAR DEFAULT '' NOT NULL, 
	was_held BOOLEAN DEFAULT 0 NOT NULL, 
	was_evidence VARCHAR(16) DEFAULT '' NOT NULL, 
	was_first_seen DATE, 
	was_seen_until DATE, 
	was_reopened_on DATE, 
	was_fixed_on DATE, 
	was_due_on DATE, 
	was_waiver VARCHAR(16), 
	was_waived_until DATE, 
	PRIMARY KEY (event), 
	FOREIGN KEY(number) REFERENCES runs (number), 
	FOREIGN KEY(finding_id) REFERENCES "findings" (finding_id)
);

CREATE TABLE feedback_files (
	sha256 VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	read_on DATE NOT NULL, 
	number INTEGER, 
	who TEXT DEFAULT '' NOT NULL, 
	counts JSON NOT NULL, told JSON DEFAULT '{}' NOT NULL, 
	PRIMARY KEY (sha256), 
	FOREIGN KEY(number) REFERENCES runs (number)
);

CREATE TABLE "findings" (
	finding_id VARCHAR(16) NOT NULL, 
	rule VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	identity TEXT NOT NULL, 
	state VARCHAR NOT NULL, 
	sight VARCHAR NOT NULL, 
	severity VARCHAR NOT NULL, 
	held BOOLEAN DEFAULT 0 NOT NULL, 
	evidence VARCHAR(16) DEFAULT '' NOT NULL, 
	first_seen DATE NOT NULL, 
	seen_until DATE, 
	reopened_on DATE, 
	fixed_on DATE, 
	due_on DATE NOT NULL, 
	waiver VARCHAR(16), 
	waived_until DATE, 
	PRIMARY KEY (finding_id)
);

CREATE TABLE handlings (
	finding_id VARCHAR(16) NOT NULL, 
	row_version INTEGER NOT NULL, 
	status VARCHAR DEFAULT '' NOT NULL, 
	status_on DATE, 
	marked VARCHAR(16) DEFAULT '' NOT NULL, 
	person TEXT DEFAULT '' NOT NULL, 
	planned_on DATE, 
	remark TEXT DEFAULT '' NOT NULL, 
	exempt_until DATE, 
	approver TEXT DEFAULT '' NOT NULL, 
	status_version INTEGER DEFAULT '0' NOT NULL, 
	person_version INTEGER DEFAULT '0' NOT NULL, 
	planned_on_version INTEGER DEFAULT '0' NOT NULL, 
	remark_version INTEGER DEFAULT '0' NOT NULL, 
	exempt_until_version INTEGER DEFAULT '0' NOT NULL, 
	approver_version INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (finding_id), 
	FOREIGN KEY(finding_id) REFERENCES findings (finding_id)
);

CREATE TABLE inputs (
	number INTEGER NOT NULL, 
	feed VARCHAR NOT NULL, 
	pattern VARCHAR NOT NULL, 
	rows INTEGER NOT NULL, 
	complete BOOLEAN NOT NULL, 
	columns JSON NOT NULL, 
	files JSON NOT NULL, blank JSON DEFAULT '[]' NOT NULL, sparse JSON DEFAULT '[]' NOT NULL, 
	PRIMARY KEY (number, feed, pattern), 
	FOREIGN KEY(number) REFERENCES runs (number)
);

CREATE TABLE outbox (
	message_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	detail TEXT NOT NULL, queued_at VARCHAR DEFAULT '' NOT NULL, not_before VARCHAR DEFAULT '' NOT NULL, forms JSON DEFAULT '[]' NOT NULL, recipients JSON DEFAULT '[]' NOT NULL, refused JSON DEFAULT '{}' NOT NULL, doubts INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (message_id), 
	FOREIGN KEY(number) REFERENCES runs (number)
);

CREATE TABLE prunings (
	pruning INTEGER NOT NULL, 
	pruned_on DATE NOT NULL, 
	"before" DATE NOT NULL, 
	counts JSON NOT NULL, 
	PRIMARY KEY (pruning)
);

CREATE TABLE runs (
	number INTEGER NOT NULL, 
	run_id VARCHAR(16) NOT NULL, 
	as_of DATE NOT NULL, 
	superseded BOOLEAN NOT NULL, 
	version VARCHAR NOT NULL, 
	config_digest VARCHAR(16) NOT NULL, 
	exit_code INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	files JSON NOT NULL, 
	counts JSON NOT NULL, scope JSON DEFAULT '{}' NOT NULL, rules JSON DEFAULT '{}' NOT NULL, note TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (number)
);

CREATE TABLE sign_offs (
	period VARCHAR NOT NULL, 
	edition VARCHAR(16) NOT NULL, 
	signed_by TEXT NOT NULL, 
	signed_on DATE NOT NULL, 
	remark TEXT DEFAULT '' NOT NULL, 
	lines JSON NOT NULL, 
	files JSON NOT NULL, 
	saved_by TEXT DEFAULT '' NOT NULL, 
	said_at VARCHAR DEFAULT '' NOT NULL, 
	source VARCHAR NOT NULL, 
	recorded_on DATE NOT NULL, 
	number INTEGER, 
	PRIMARY KEY (period), 
	FOREIGN KEY(period) REFERENCES cycles (period), 
	FOREIGN KEY(number) REFERENCES runs (number)
);

CREATE TABLE standing_words (
	part INTEGER NOT NULL, 
	words BLOB NOT NULL, 
	PRIMARY KEY (part)
);

CREATE TABLE waivers (
	waiver_id VARCHAR(16) NOT NULL, 
	source VARCHAR NOT NULL, 
	finding_id VARCHAR(16) DEFAULT '' NOT NULL, 
	rule TEXT DEFAULT '' NOT NULL, 
	serial_no TEXT DEFAULT '' NOT NULL, 
	merchant_no TEXT DEFAULT '' NOT NULL, 
	channel TEXT DEFAULT '' NOT NULL, 
	vendor TEXT DEFAULT '' NOT NULL, 
	reason TEXT NOT NULL, 
	approver TEXT NOT NULL, 
	until DATE NOT NULL, 
	entered_on DATE NOT NULL, 
	ended_on DATE, 
	PRIMARY KEY (waiver_id)
);

CREATE TABLE "wordings" (
	finding_id VARCHAR(16) NOT NULL, 
	category VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	serial_no TEXT, 
	terminal_id TEXT, 
	merchant_no TEXT, 
	merchant_name TEXT, 
	channel TEXT, 
	vendor TEXT, 
	agent TEXT, 
	province TEXT, 
	store_no TEXT, 
	cause TEXT, 
	title TEXT, 
	detail TEXT, 
	expected TEXT, 
	actual TEXT, 
	suggestion TEXT, 
	remedy TEXT, 
	source_file TEXT, 
	source_sheet TEXT, 
	other_source TEXT, 
	led_by TEXT, 
	source_row BIGINT, 
	PRIMARY KEY (finding_id), 
	FOREIGN KEY(finding_id) REFERENCES "findings" (finding_id)
);

CREATE INDEX ix_runs_as_of ON runs (as_of);

CREATE INDEX ix_outbox_status ON outbox (status);

CREATE INDEX ix_findings_state ON findings (state, fixed_on);

CREATE INDEX ix_events_number ON events (number);

CREATE INDEX ix_events_finding_id ON events (finding_id);

CREATE INDEX ix_conflicts_finding_id ON conflicts (finding_id);

CREATE TRIGGER events_stand BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

CREATE TRIGGER events_stay BEFORE DELETE ON events WHEN NOT EXISTS (SELECT 1 FROM prunings WHERE prunings.before > OLD.as_of) BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

CREATE TRIGGER attestations_update BEFORE UPDATE ON attestations BEGIN SELECT RAISE(ABORT, 'attestations are never changed'); END;

CREATE TRIGGER attestations_delete BEFORE DELETE ON attestations BEGIN SELECT RAISE(ABORT, 'attestations are never changed'); END;

CREATE TRIGGER sign_offs_update BEFORE UPDATE ON sign_offs BEGIN SELECT RAISE(ABORT, 'sign_offs are never changed'); END;

CREATE TRIGGER sign_offs_delete BEFORE DELETE ON sign_offs BEGIN SELECT RAISE(ABORT, 'sign_offs are never changed'); END
