BEGIN TRANSACTION;
CREATE TABLE alerts (
	id VARCHAR(64) NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	camera VARCHAR(64) NOT NULL, 
	place TEXT NOT NULL, 
	hazard VARCHAR(64) NOT NULL, 
	severity VARCHAR(16) NOT NULL, 
	zone TEXT NOT NULL, 
	zone_type VARCHAR(32) NOT NULL, 
	started_at DATETIME NOT NULL, 
	seen_at DATETIME NOT NULL, 
	confidence FLOAT NOT NULL, 
	box JSON NOT NULL, 
	fired_at DATETIME, 
	resolved_at DATETIME, 
	acknowledged_at DATETIME, 
	acknowledged_by TEXT NOT NULL, 
	false_alarm_at DATETIME, 
	false_alarm_by TEXT NOT NULL, 
	false_alarm_reason TEXT NOT NULL, 
	snapshot TEXT NOT NULL, 
	evidence JSON NOT NULL, 
	version INTEGER NOT NULL, 
	notice TEXT DEFAULT '' NOT NULL, 
	state_version INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "alerts" VALUES('01A','bf2c91ed348e4162','shed-1','Lane 12, shed 1','flame','fire','corridor','corridor','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',0.6,'[0.1, 0.2, 0.3, 0.4]','2026-03-01 08:00:00.000000',NULL,NULL,'',NULL,'','','','{"score": 0.6}',1,'',1);
INSERT INTO "alerts" VALUES('01B','5737c334f0cd95e3','shed-1','Lane 12, shed 1','clutter','violation','corridor','corridor','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000',0.6,'[0.1, 0.2, 0.3, 0.4]','2026-03-01 08:00:00.000000','2026-03-01 08:01:00.000000','2026-03-01 08:00:09.000000','李',NULL,'','','','{"score": 0.6}',1,'',1);
CREATE TABLE deliveries (
	id VARCHAR(26) NOT NULL, 
	alert_id VARCHAR(64) NOT NULL, 
	channel VARCHAR(64) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	priority INTEGER NOT NULL, 
	payload JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	next_try_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	attempts INTEGER NOT NULL, 
	last_error TEXT NOT NULL, 
	delivered_at DATETIME, 
	dead_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(alert_id) REFERENCES alerts (id)
);
INSERT INTO "deliveries" VALUES('01KJM6JM00CK95WK94X2CFCC8N','01A','hook','fired',0,'{"id": "01A", "fingerprint": "bf2c91ed348e4162", "camera": "shed-1", "place": "Lane 12, shed 1", "hazard": "flame", "severity": "fire", "zone": "corridor", "zone_type": "corridor", "started_at": "2026-03-01T08:00:00.000000Z", "seen_at": "2026-03-01T08:00:00.000000Z", "confidence": 0.6, "box": [0.1, 0.2, 0.3, 0.4], "fired_at": "2026-03-01T08:00:00.000000Z", "resolved_at": null, "acknowledged_at": null, "acknowledged_by": "", "false_alarm_at": null, "false_alarm_by": "", "false_alarm_reason": "", "snapshot": "", "evidence": {"score": 0.6}, "version": 1, "notice": "", "state": "firing"}','2026-03-01 08:00:00.000000','2026-03-01 08:00:00.000000','2026-03-01 09:00:00.000000',0,'',NULL,NULL);
INSERT INTO "deliveries" VALUES('01KJM6MEK0EC3JZJAM85ZP6PT2','01B','hook','resolved',1,'{"id": "01B", "fingerprint": "5737c334f0cd95e3", "camera": "shed-1", "place": "Lane 12, shed 1", "hazard": "clutter", "severity": "violation", "zone": "corridor", "zone_type": "corridor", "started_at": "2026-03-01T08:00:00.000000Z", "seen_at": "2026-03-01T08:00:00.000000Z", "confidence": 0.6, "box": [0.1, 0.2, 0.3, 0.4], "fired_at": "2026-03-01T08:00:00.000000Z", "resolved_at": "2026-03-01T08:01:00.000000Z", "acknowledged_at": "2026-03-01T08:00:09.000000Z", "acknowledged_by": "\u674e", "false_alarm_at": null, "false_alarm_by": "", "false_alarm_reason": "", "snapshot": "", "evidence": {"score": 0.6}, "version": 1, "notice": "", "state": "resolved"}','2026-03-01 08:01:00.000000','2026-03-01 08:01:00.000000','2026-03-01 09:01:00.000000',0,'',NULL,NULL);
CREATE TABLE meta (
	"key" VARCHAR(64) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('schema_version','2');
INSERT INTO "meta" VALUES('x','1');
CREATE TABLE sessions (
	token_hash VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (token_hash)
);
CREATE INDEX ix_alerts_resolved_at ON alerts (resolved_at, id);
CREATE INDEX ix_alerts_fired_at ON alerts (fired_at);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
CREATE INDEX ix_deliveries_alert ON deliveries (alert_id, channel, id);
CREATE INDEX ix_deliveries_waiting ON deliveries (channel, priority, next_try_at, id) WHERE delivered_at IS NULL AND dead_at IS NULL;
CREATE INDEX ix_deliveries_dead ON deliveries (dead_at) WHERE dead_at IS NOT NULL;
COMMIT;
