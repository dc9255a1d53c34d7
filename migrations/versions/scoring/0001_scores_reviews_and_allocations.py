"""scores, reviews and allocations"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.default_policy import insert_default_policy
from migrations.mechanisms import prepare_mechanisms

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE dirty_mark")
    op.create_table(
        "action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="of the review that first asked for it"),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_role", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True, comment="opaque id of the person who sees it through"),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done', 'cancelled')", name=op.f("ck_action_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
    )
    op.create_index("ix_action_supplier_id", "action", ["supplier_id", "id"], unique=False)
    op.create_index(
        "uq_action_kind",
        "action",
        ["quarter", "supplier_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_table(
        "allocation_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("qbr_quarter", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("proposed", sa.Integer(), nullable=False),
        sa.Column("infeasible", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("errors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("unknown_suppliers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'partially_succeeded', 'failed')",
            name=op.f("ck_allocation_run_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_run")),
    )
    op.create_table(
        "audit_copy",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("site_code", sa.Text(), nullable=True),
        sa.Column("conducted_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("superseded_pos", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", "pos", name=op.f("pk_audit_copy")),
    )
    op.create_index(
        "ix_audit_copy_current",
        "audit_copy",
        ["supplier_id"],
        unique=False,
        postgresql_where=sa.text("superseded_pos IS NULL"),
    )
    op.create_index("ix_audit_copy_supplier_id", "audit_copy", ["supplier_id"], unique=False)
    op.create_table(
        "certificate_copy",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("superseded_pos", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", "pos", name=op.f("pk_certificate_copy")),
    )
    op.create_index(
        "ix_certificate_copy_current",
        "certificate_copy",
        ["supplier_id"],
        unique=False,
        postgresql_where=sa.text("superseded_pos IS NULL"),
    )
    op.create_index("ix_certificate_copy_supplier_id", "certificate_copy", ["supplier_id"], unique=False)
    op.create_table(
        "commodity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commodity")),
        sa.UniqueConstraint("code", name=op.f("uq_commodity_code")),
    )
    op.create_table(
        "country_risk",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("superseded_pos", sa.BigInteger(), nullable=True),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mean_percentile_rank", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", "pos", name=op.f("pk_country_risk")),
    )
    op.create_index(
        "uq_country_risk_current",
        "country_risk",
        ["country", "year", "source"],
        unique=True,
        postgresql_where=sa.text("superseded_pos IS NULL"),
    )
    op.create_table(
        "dirty",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.BigInteger(), server_default=sa.text("nextval('dirty_mark')"), nullable=False),
        sa.Column(
            "evidence", sa.Boolean(), nullable=False, comment="new evidence came; otherwise only time has passed"
        ),
        sa.Column(
            "not_before",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="later, after a failed attempt",
        ),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("supplier_id", name=op.f("pk_dirty")),
    )
    op.create_index("ix_dirty_mark", "dirty", ["mark"], unique=False)
    op.create_table(
        "finding_copy",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("site_code", sa.Text(), nullable=True),
        sa.Column("discovered_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("implemented_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("voided_on", sa.Date(), nullable=True),
        sa.Column("transitions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("superseded_pos", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", "pos", name=op.f("pk_finding_copy")),
    )
    op.create_index(
        "ix_finding_copy_current",
        "finding_copy",
        ["supplier_id"],
        unique=False,
        postgresql_where=sa.text("superseded_pos IS NULL"),
    )
    op.create_index("ix_finding_copy_supplier_id", "finding_copy", ["supplier_id"], unique=False)
    op.create_table(
        "incomplete",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("supplier_id", "source", "pos", name=op.f("pk_incomplete")),
    )
    op.create_table(
        "participation_copy",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("superseded_pos", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", "pos", name=op.f("pk_participation_copy")),
    )
    op.create_index(
        "ix_participation_copy_current",
        "participation_copy",
        ["supplier_id"],
        unique=False,
        postgresql_where=sa.text("superseded_pos IS NULL"),
    )
    op.create_index("ix_participation_copy_supplier_id", "participation_copy", ["supplier_id"], unique=False)
    op.create_table(
        "performance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("supplier_code", sa.Text(), nullable=False),
        sa.Column("quality", sa.Float(), nullable=True),
        sa.Column("cost", sa.Float(), nullable=True),
        sa.Column("delivery", sa.Float(), nullable=True),
        sa.Column("service", sa.Float(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance")),
        sa.UniqueConstraint("quarter", "supplier_code", name=op.f("uq_performance_quarter_supplier_code")),
    )
    op.create_index("ix_performance_supplier_code", "performance", ["supplier_code", "quarter"], unique=False)
    op.create_table(
        "policy",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'published')", name=op.f("ck_policy_status")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy")),
    )
    op.create_table(
        "qbr",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("unknown_suppliers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "dropped_suppliers",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="in the revision before, no more in this",
        ),
        sa.Column(
            "grades", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="grade -> how many suppliers"
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('computing', 'draft', 'published', 'failed')", name=op.f("ck_qbr_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qbr")),
        sa.UniqueConstraint("quarter", "revision", name=op.f("uq_qbr_quarter_revision")),
    )
    op.create_index(
        "uq_qbr_unpublished", "qbr", ["quarter"], unique=True, postgresql_where=sa.text("status <> 'published'")
    )
    op.create_table(
        "score",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "valid_until", sa.Date(), nullable=True, comment="the last day on which the same evidence gives this score"
        ),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("base", sa.Float(), nullable=False),
        sa.Column("credit", sa.Float(), nullable=False),
        sa.Column("risk_tier", sa.Text(), nullable=False),
        sa.Column("tier_reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("categories", postgresql.ARRAY(sa.Float()), nullable=False, comment="in the policy's order"),
        sa.Column("policy_version", sa.SmallInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False, comment="D"),
        sa.Column("registry_pos", sa.BigInteger(), nullable=False),
        sa.Column("audit_pos", sa.BigInteger(), nullable=False),
        sa.Column("engagement_pos", sa.BigInteger(), nullable=False),
        sa.Column("scoring_pos", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("risk_tier IN ('high', 'medium', 'low')", name=op.f("ck_score_risk_tier")),
        sa.PrimaryKeyConstraint("supplier_id", name=op.f("pk_score")),
    )
    op.create_index("ix_score_risk_tier", "score", ["risk_tier", "supplier_id"], unique=False)
    op.create_index("ix_score_valid_until", "score", ["valid_until"], unique=False)
    op.create_table(
        "score_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("score_version", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("base", sa.Float(), nullable=False),
        sa.Column("credit", sa.Float(), nullable=False),
        sa.Column("risk_tier", sa.Text(), nullable=False),
        sa.Column("tier_reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("categories", postgresql.ARRAY(sa.Float()), nullable=False, comment="in the policy's order"),
        sa.Column("policy_version", sa.SmallInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False, comment="D"),
        sa.Column("registry_pos", sa.BigInteger(), nullable=False),
        sa.Column("audit_pos", sa.BigInteger(), nullable=False),
        sa.Column("engagement_pos", sa.BigInteger(), nullable=False),
        sa.Column("scoring_pos", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_history")),
    )
    op.create_index("ix_score_history_supplier_id", "score_history", ["supplier_id", "id"], unique=False)
    op.create_table(
        "sourcing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sourcing")),
        sa.UniqueConstraint("quarter", "commodity", name=op.f("uq_sourcing_quarter_commodity")),
    )
    op.create_table(
        "supplier_copy",
        sa.Column("scored_as", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("supply_tier", sa.SmallInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("annual_spend", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("identifiers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("superseded_pos", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", "pos", name=op.f("pk_supplier_copy")),
    )
    op.create_index(
        "ix_supplier_copy_code",
        "supplier_copy",
        ["code"],
        unique=False,
        postgresql_where=sa.text("superseded_pos IS NULL"),
    )
    op.create_index(
        "ix_supplier_copy_current",
        "supplier_copy",
        ["scored_as"],
        unique=False,
        postgresql_where=sa.text("superseded_pos IS NULL"),
    )
    op.create_index("ix_supplier_copy_scored_as", "supplier_copy", ["scored_as"], unique=False)
    op.create_index(
        "uq_supplier_copy_current",
        "supplier_copy",
        ["id"],
        unique=True,
        postgresql_where=sa.text("superseded_pos IS NULL"),
    )
    op.create_table(
        "survey_copy",
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("scores", postgresql.ARRAY(sa.Float()), nullable=False),
        sa.Column("answered_on", postgresql.ARRAY(sa.Date()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("superseded_pos", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", "pos", name=op.f("pk_survey_copy")),
    )
    op.create_index(
        "ix_survey_copy_current",
        "survey_copy",
        ["supplier_id"],
        unique=False,
        postgresql_where=sa.text("superseded_pos IS NULL"),
    )
    op.create_index("ix_survey_copy_supplier_id", "survey_copy", ["supplier_id"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("realised_version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("qbr_quarter", sa.Text(), nullable=False),
        sa.Column("qbr_revision", sa.Integer(), nullable=False),
        sa.Column("commodity", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("supersedes", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("infeasible", sa.Boolean(), nullable=False),
        sa.Column("relaxed", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("unallocated_share", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("overcommitted_share", sa.Numeric(precision=12, scale=6), nullable=False),
        sa.Column("lambda", sa.Float(), nullable=True),
        sa.Column("average_score", sa.Float(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True, comment="of an override"),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'overridden', 'superseded')", name=op.f("ck_allocation_status")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["allocation_run.id"], name=op.f("fk_allocation_run_id_allocation_run")),
        sa.ForeignKeyConstraint(["supersedes"], ["allocation.id"], name=op.f("fk_allocation_supersedes_allocation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    op.create_index("ix_allocation_qbr_quarter", "allocation", ["qbr_quarter", "commodity"], unique=False)
    op.create_index("ix_allocation_run_id", "allocation", ["run_id"], unique=False)
    op.create_index(
        "uq_allocation_live",
        "allocation",
        ["qbr_quarter", "commodity"],
        unique=True,
        postgresql_where=sa.text("status IN ('approved', 'overridden')"),
    )
    op.create_index(
        "uq_allocation_proposed",
        "allocation",
        ["qbr_quarter", "commodity"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )
    op.create_table(
        "commodity_material",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("plant", sa.Text(), nullable=False),
        sa.Column("base_unit", sa.Text(), nullable=False),
        sa.Column("commodity_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commodity_id"], ["commodity.id"], name=op.f("fk_commodity_material_commodity_id_commodity")
        ),
        sa.PrimaryKeyConstraint("system", "material", "plant", name=op.f("pk_commodity_material")),
    )
    op.create_index(op.f("ix_commodity_material_commodity_id"), "commodity_material", ["commodity_id"], unique=False)
    op.create_table(
        "scorecard",
        sa.Column("qbr_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False, comment="1 is the best total; those without one come last"),
        sa.Column("quality", sa.Float(), nullable=True),
        sa.Column("cost", sa.Float(), nullable=True),
        sa.Column("delivery", sa.Float(), nullable=True),
        sa.Column("service", sa.Float(), nullable=True),
        sa.Column("sustainability", sa.Float(), nullable=True),
        sa.Column("total", sa.Float(), nullable=True),
        sa.Column("coverage", sa.Float(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("previous_grade", sa.Text(), nullable=True),
        sa.Column("limits", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("consequence", sa.Text(), nullable=False),
        sa.Column("actions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("risk_tier", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("priority_missed", sa.Boolean(), nullable=False),
        sa.Column("standing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "changes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="field -> [revision before, this one]",
        ),
        sa.ForeignKeyConstraint(["qbr_id"], ["qbr.id"], name=op.f("fk_scorecard_qbr_id_qbr")),
        sa.PrimaryKeyConstraint("qbr_id", "supplier_id", name=op.f("pk_scorecard")),
        sa.UniqueConstraint("qbr_id", "rank", name=op.f("uq_scorecard_qbr_id_rank")),
    )
    op.create_index("ix_scorecard_supplier_id", "scorecard", ["supplier_id", "qbr_id"], unique=False)
    op.create_table(
        "sourcing_line",
        sa.Column("sourcing_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_code", sa.Text(), nullable=False),
        sa.Column("baseline_share", sa.Numeric(precision=15, scale=12), nullable=False),
        sa.Column("capacity_share", sa.Numeric(precision=15, scale=12), nullable=True),
        sa.Column("max_share", sa.Numeric(precision=15, scale=12), nullable=True),
        sa.Column("min_share", sa.Numeric(precision=15, scale=12), nullable=True),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["sourcing_id"], ["sourcing.id"], name=op.f("fk_sourcing_line_sourcing_id_sourcing")),
        sa.PrimaryKeyConstraint("sourcing_id", "supplier_code", name=op.f("pk_sourcing_line")),
    )
    op.create_index(op.f("ix_sourcing_line_supplier_code"), "sourcing_line", ["supplier_code"], unique=False)
    op.create_table(
        "allocation_line",
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_code", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=True, comment="null: the registry does not know this code"),
        sa.Column("baseline_share", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("recommended_share", sa.Numeric(precision=9, scale=6), nullable=True, comment="null: infeasible"),
        sa.Column("overridden_share", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("realised_share", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("qbr_total", sa.Float(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("multiplier", sa.Float(), nullable=False),
        sa.Column("risk_tier", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("capacity_share", sa.Numeric(precision=15, scale=12), nullable=True),
        sa.Column("max_share", sa.Numeric(precision=15, scale=12), nullable=True),
        sa.Column("min_share", sa.Numeric(precision=15, scale=12), nullable=True),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("bound", sa.Text(), nullable=False),
        sa.Column(
            "effects",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="decimals as text; they add up to the delta",
        ),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["allocation.id"], name=op.f("fk_allocation_line_allocation_id_allocation")
        ),
        sa.PrimaryKeyConstraint("allocation_id", "supplier_code", name=op.f("pk_allocation_line")),
    )
    op.create_table(
        "feed_event",
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7: the CloudEvent's id"),
        sa.Column(
            "feed_seq", sa.BigInteger(), nullable=True, comment="position, assigned by whoever reads; null until then"
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False, comment="the type up to its dot"),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "data", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="the resource's full new state"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_event")),
    )
    op.create_index("ix_feed_event_resource_id", "feed_event", ["resource_id", "resource", "feed_seq"], unique=False)
    op.create_index(
        "ix_feed_event_unnumbered", "feed_event", ["id"], unique=False, postgresql_where=sa.text("feed_seq IS NULL")
    )
    op.create_index("uq_feed_event_feed_seq", "feed_event", ["feed_seq"], unique=True)
    op.create_table(
        "feed_state",
        sa.Column("singleton", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False, comment="another one after a restore: consumers then start over"),
        sa.Column(
            "head", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="the last number given"
        ),
        sa.CheckConstraint("singleton", name=op.f("ck_feed_state_one_row")),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_feed_state")),
    )
    op.create_table(
        "feed_cursor",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=True, comment="the source's epoch that seq counts in"),
        sa.Column(
            "seq", sa.BigInteger(), server_default="0", nullable=False, comment="the source's position read up to"
        ),
        sa.Column(
            "base", sa.BigInteger(), server_default="0", nullable=False, comment="added to seq, so that pos never falls"
        ),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_feed_cursor")),
    )
    op.create_table(
        "feed_parked",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("event", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("source", "pos", name=op.f("pk_feed_parked")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sub", sa.Text(), nullable=False, comment="who: opaque id of the person or machine"),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False, comment="what, in the past tense: supplier.updated"),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="field -> [before, after]"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_resource_id", "audit_log", ["resource_id", "id"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "lease",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="grows with each claim: fences off late workers",
        ),
        sa.Column(
            "locked_until", sa.DateTime(timezone=True), nullable=True, comment="past this, the worker is taken for dead"
        ),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'running', 'succeeded', 'dead')", name=op.f("ck_task_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(
        "ix_task_due",
        "task",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_table(
        "import_row",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "values",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the last row with this key, as text",
        ),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_import_row")),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True, comment="records in the file; null until counted"),
        sa.Column(
            "processed",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="records done: a restart goes on behind them",
        ),
        sa.Column("succeeded", sa.Integer(), server_default="0", nullable=False, comment="applied or unchanged"),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True, comment="why the file as a whole was not read"),
        sa.Column("sub", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("person", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'partially_succeeded', 'failed')",
            name=op.f("ck_import_run_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_table(
        "import_chunk",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_chunk_run_id_import_run")),
        sa.PrimaryKeyConstraint("run_id", "n", name=op.f("pk_import_chunk")),
    )
    op.create_table(
        "import_error",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False, comment="order of appearance"),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_error_run_id_import_run")),
        sa.PrimaryKeyConstraint("run_id", "n", name=op.f("pk_import_error")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("sub", sa.Text(), nullable=False, comment="whose key it is"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False, comment="of method, path, query and body"),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("sub", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)
    prepare_mechanisms("scoring")
    insert_default_policy()


def downgrade() -> None:
    op.drop_index("ix_idempotency_key_created_at", table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_table("import_error")
    op.drop_table("import_chunk")
    op.drop_table("import_run")
    op.drop_table("import_row")
    op.drop_index("ix_task_due", table_name="task", postgresql_where=sa.text("status IN ('queued', 'running')"))
    op.drop_table("task")
    op.drop_index("ix_audit_log_resource_id", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_table("feed_parked")
    op.drop_table("feed_cursor")
    op.drop_table("feed_state")
    op.drop_index("uq_feed_event_feed_seq", table_name="feed_event")
    op.drop_index("ix_feed_event_unnumbered", table_name="feed_event", postgresql_where=sa.text("feed_seq IS NULL"))
    op.drop_index("ix_feed_event_resource_id", table_name="feed_event")
    op.drop_table("feed_event")
    op.drop_table("allocation_line")
    op.drop_index(op.f("ix_sourcing_line_supplier_code"), table_name="sourcing_line")
    op.drop_table("sourcing_line")
    op.drop_index("ix_scorecard_supplier_id", table_name="scorecard")
    op.drop_table("scorecard")
    op.drop_index(op.f("ix_commodity_material_commodity_id"), table_name="commodity_material")
    op.drop_table("commodity_material")
    op.drop_index("uq_allocation_proposed", table_name="allocation", postgresql_where=sa.text("status = 'proposed'"))
    op.drop_index(
        "uq_allocation_live", table_name="allocation", postgresql_where=sa.text("status IN ('approved', 'overridden')")
    )
    op.drop_index("ix_allocation_run_id", table_name="allocation")
    op.drop_index("ix_allocation_qbr_quarter", table_name="allocation")
    op.drop_table("allocation")
    op.drop_index("ix_survey_copy_supplier_id", table_name="survey_copy")
    op.drop_index(
        "ix_survey_copy_current", table_name="survey_copy", postgresql_where=sa.text("superseded_pos IS NULL")
    )
    op.drop_table("survey_copy")
    op.drop_index(
        "uq_supplier_copy_current", table_name="supplier_copy", postgresql_where=sa.text("superseded_pos IS NULL")
    )
    op.drop_index("ix_supplier_copy_scored_as", table_name="supplier_copy")
    op.drop_index(
        "ix_supplier_copy_current", table_name="supplier_copy", postgresql_where=sa.text("superseded_pos IS NULL")
    )
    op.drop_index(
        "ix_supplier_copy_code", table_name="supplier_copy", postgresql_where=sa.text("superseded_pos IS NULL")
    )
    op.drop_table("supplier_copy")
    op.drop_table("sourcing")
    op.drop_index("ix_score_history_supplier_id", table_name="score_history")
    op.drop_table("score_history")
    op.drop_index("ix_score_valid_until", table_name="score")
    op.drop_index("ix_score_risk_tier", table_name="score")
    op.drop_table("score")
    op.drop_index("uq_qbr_unpublished", table_name="qbr", postgresql_where=sa.text("status <> 'published'"))
    op.drop_table("qbr")
    op.drop_table("policy")
    op.drop_index("ix_performance_supplier_code", table_name="performance")
    op.drop_table("performance")
    op.drop_index("ix_participation_copy_supplier_id", table_name="participation_copy")
    op.drop_index(
        "ix_participation_copy_current",
        table_name="participation_copy",
        postgresql_where=sa.text("superseded_pos IS NULL"),
    )
    op.drop_table("participation_copy")
    op.drop_table("incomplete")
    op.drop_index("ix_finding_copy_supplier_id", table_name="finding_copy")
    op.drop_index(
        "ix_finding_copy_current", table_name="finding_copy", postgresql_where=sa.text("superseded_pos IS NULL")
    )
    op.drop_table("finding_copy")
    op.drop_index("ix_dirty_mark", table_name="dirty")
    op.drop_table("dirty")
    op.drop_index(
        "uq_country_risk_current", table_name="country_risk", postgresql_where=sa.text("superseded_pos IS NULL")
    )
    op.drop_table("country_risk")
    op.drop_table("commodity")
    op.drop_index("ix_certificate_copy_supplier_id", table_name="certificate_copy")
    op.drop_index(
        "ix_certificate_copy_current", table_name="certificate_copy", postgresql_where=sa.text("superseded_pos IS NULL")
    )
    op.drop_table("certificate_copy")
    op.drop_index("ix_audit_copy_supplier_id", table_name="audit_copy")
    op.drop_index("ix_audit_copy_current", table_name="audit_copy", postgresql_where=sa.text("superseded_pos IS NULL"))
    op.drop_table("audit_copy")
    op.drop_table("allocation_run")
    op.drop_index("uq_action_kind", table_name="action", postgresql_where=sa.text("state <> 'cancelled'"))
    op.drop_index("ix_action_supplier_id", table_name="action")
    op.drop_table("action")
    op.execute("DROP SEQUENCE dirty_mark")
