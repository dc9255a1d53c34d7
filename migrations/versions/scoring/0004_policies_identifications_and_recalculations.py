"""Policies as drafts, simulations, risk identifications, tier overrides, recalculations, verifications, comments."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.locks import hold

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    hold("allocation", "allocation_line", "commodity", "policy", "qbr", "scorecard", "action")
    op.create_table(
        "qbr_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="that was looked at"),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qbr_comment")),
    )
    op.create_index("ix_qbr_comment_quarter", "qbr_comment", ["quarter", "id"], unique=False)
    op.create_table(
        "recalculation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False, comment="suppliers; 0 until it is cut into chunks"),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True, comment="when it was cut into chunks"),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'cancelled')", name=op.f("ck_recalculation_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recalculation")),
    )
    op.create_index(
        "ix_recalculation_open",
        "recalculation",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_table(
        "risk_identification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column(
            "known_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="what was known then counts; null: not begun",
        ),
        sa.Column("registry_pos", sa.BigInteger(), nullable=True, comment="the feeds' positions at that moment"),
        sa.Column("audit_pos", sa.BigInteger(), nullable=True),
        sa.Column("engagement_pos", sa.BigInteger(), nullable=True),
        sa.Column("scoring_pos", sa.BigInteger(), nullable=True),
        sa.Column("previous_id", sa.Uuid(), nullable=True, comment="the year before's run that previous_tier is of"),
        sa.Column("total", sa.Integer(), nullable=True, comment="suppliers to look at"),
        sa.Column("done", sa.Integer(), nullable=False, comment="suppliers looked at"),
        sa.Column("after_id", sa.Uuid(), nullable=True, comment="the last of them"),
        sa.Column("identified", sa.Integer(), nullable=False),
        sa.Column(
            "left_out",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="reason -> how many suppliers, and the first codes",
        ),
        sa.Column(
            "tiers", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="tier -> how many suppliers"
        ),
        sa.Column(
            "supply_tiers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="supply tier -> tier -> how many suppliers",
        ),
        sa.Column(
            "category_means",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="category -> mean over the suppliers",
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('computing', 'frozen', 'failed')", name=op.f("ck_risk_identification_status")),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["risk_identification.id"],
            name=op.f("fk_risk_identification_previous_id_risk_identification"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_identification")),
        sa.UniqueConstraint("year", "revision", name=op.f("uq_risk_identification_year_revision")),
    )
    op.create_index(
        "uq_risk_identification_open",
        "risk_identification",
        ["year"],
        unique=True,
        postgresql_where=sa.text("status <> 'frozen'"),
    )
    op.create_table(
        "simulation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("policies", postgresql.ARRAY(sa.Integer()), nullable=False, comment="versions that are tried"),
        sa.Column(
            "baseline", sa.Integer(), nullable=True, comment="version held against; null: the one in force on the day"
        ),
        sa.Column("days", postgresql.ARRAY(sa.Text()), nullable=False, comment="quarters such as 2026Q3, or one day"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True, comment="suppliers, times days"),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column(
            "progress",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="where the next chunk begins, and what has been counted of its day",
        ),
        sa.Column(
            "result", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="one entry per day and policy"
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'running', 'succeeded', 'failed')", name=op.f("ck_simulation_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_simulation")),
    )
    op.create_table(
        "tier_override",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("risk_tier", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False, comment="its last day"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("risk_tier IN ('high', 'medium', 'low')", name=op.f("ck_tier_override_risk_tier")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_tier_override_valid_until")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_override")),
    )
    op.create_index("ix_tier_override_supplier_id", "tier_override", ["supplier_id", "valid_from"], unique=False)
    op.create_table(
        "verification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("looking_at", sa.Text(), nullable=False, comment="the table that is being gone through"),
        sa.Column("after_id", sa.Uuid(), nullable=True, comment="its last row that was looked at"),
        sa.Column("total", sa.BigInteger(), nullable=True, comment="scores to look at, counted at the start"),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.Column("drifted", sa.BigInteger(), nullable=False),
        sa.Column(
            "drifts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the first of them, stored and recomputed",
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("looking_at IN ('score', 'score_history')", name=op.f("ck_verification_looking_at")),
        sa.CheckConstraint("scope IN ('all', 'current', 'sample')", name=op.f("ck_verification_scope")),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'failed')", name=op.f("ck_verification_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    op.create_table(
        "identified_risk",
        sa.Column("identification_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("supply_tier", sa.Integer(), nullable=True),
        sa.Column("annual_spend", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("risk_tier", sa.Text(), nullable=False),
        sa.Column(
            "override_tier", sa.Text(), nullable=True, comment="a person's word on that day, beside the computed one"
        ),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("base", sa.Float(), nullable=False),
        sa.Column("categories", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tier_reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("approach", sa.Text(), nullable=False),
        sa.Column("required_actions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("previous_tier", sa.Text(), nullable=True, comment="in the year before, where there was a run"),
        sa.ForeignKeyConstraint(
            ["identification_id"],
            ["risk_identification.id"],
            name=op.f("fk_identified_risk_identification_id_risk_identification"),
        ),
        sa.PrimaryKeyConstraint("identification_id", "supplier_id", name=op.f("pk_identified_risk")),
    )
    op.create_index("ix_identified_risk_code", "identified_risk", ["identification_id", "supplier_code"], unique=False)
    op.create_table(
        "qbr_report",
        sa.Column("qbr_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'made') = (content IS NOT NULL)", name=op.f("ck_qbr_report_content")),
        sa.CheckConstraint("status IN ('queued', 'made', 'failed')", name=op.f("ck_qbr_report_status")),
        sa.ForeignKeyConstraint(["qbr_id"], ["qbr.id"], name=op.f("fk_qbr_report_qbr_id_qbr")),
        sa.PrimaryKeyConstraint("qbr_id", "language", name=op.f("pk_qbr_report")),
    )
    op.create_table(
        "recalculation_chunk",
        sa.Column("recalculation_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("last_id", sa.Uuid(), nullable=False),
        sa.Column("suppliers", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=True, comment="scores that came out otherwise"),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["recalculation_id"],
            ["recalculation.id"],
            name=op.f("fk_recalculation_chunk_recalculation_id_recalculation"),
        ),
        sa.PrimaryKeyConstraint("recalculation_id", "n", name=op.f("pk_recalculation_chunk")),
    )
    op.create_index(
        "ix_recalculation_chunk_open",
        "recalculation_chunk",
        ["recalculation_id", "n"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "simulated_change",
        sa.Column("simulation_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_code", sa.Text(), nullable=False),
        sa.Column("score_before", sa.Float(), nullable=False),
        sa.Column("score_after", sa.Float(), nullable=False),
        sa.Column("tier_before", sa.Text(), nullable=False),
        sa.Column("tier_after", sa.Text(), nullable=False),
        sa.Column("grade_before", sa.Text(), nullable=True),
        sa.Column("grade_after", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["simulation_id"], ["simulation.id"], name=op.f("fk_simulated_change_simulation_id_simulation")
        ),
        sa.PrimaryKeyConstraint(
            "simulation_id", "day", "policy_version", "supplier_id", name=op.f("pk_simulated_change")
        ),
    )
    op.create_index("ix_simulated_change_supplier_id", "simulated_change", ["supplier_id"], unique=False)
    op.add_column(
        "allocation",
        sa.Column(
            "overridden_by", sa.Text(), nullable=True, comment="who wants other shares; above a limit a second decides"
        ),
    )
    op.add_column(
        "allocation",
        sa.Column("policy_version", sa.Integer(), nullable=True, comment="whose constants it was computed with"),
    )
    op.add_column(
        "allocation",
        sa.Column(
            "limits",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="the commodity's limits of concentration, and which could not be kept",
        ),
    )
    op.add_column(
        "allocation_line",
        sa.Column(
            "lower_share",
            sa.Numeric(precision=9, scale=6),
            nullable=True,
            comment="the bounds as relaxed, rounded; at most 1",
        ),
    )
    op.add_column("allocation_line", sa.Column("upper_share", sa.Numeric(precision=9, scale=6), nullable=True))
    op.add_column(
        "commodity",
        sa.Column(
            "largest_share",
            sa.Numeric(precision=15, scale=12),
            nullable=True,
            comment="no supplier may get more, against concentration; blank is 1",
        ),
    )
    op.add_column(
        "commodity",
        sa.Column("least_sources", sa.Integer(), nullable=True, comment="how many suppliers must get orders at least"),
    )
    op.add_column(
        "policy",
        sa.Column(
            "edition", sa.Integer(), server_default="1", nullable=False, comment="grows with each change of a draft"
        ),
    )
    op.add_column("policy", sa.Column("note", sa.Text(), nullable=True, comment="why it is as it is"))
    op.add_column(
        "policy", sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.add_column("policy", sa.Column("published_by", sa.Text(), nullable=True))
    op.add_column("policy", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "policy",
        sa.Column(
            "restores", sa.Integer(), nullable=True, comment="the version whose document a roll-back brought back"
        ),
    )
    op.add_column(
        "policy",
        sa.Column(
            "rescored_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="everybody was ordered to be scored anew by it",
        ),
    )
    op.add_column("policy", sa.Column("withdrawn_by", sa.Text(), nullable=True))
    op.add_column("policy", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("policy", sa.Column("withdrawn_reason", sa.Text(), nullable=True))
    # Those that are in force already have scored everybody.
    op.execute("UPDATE policy SET rescored_at = now() WHERE status = 'published' AND valid_from <= CURRENT_DATE")
    op.alter_column(
        "policy",
        "status",
        existing_type=sa.TEXT(),
        comment="a published one may be withdrawn before its day comes",
        existing_nullable=False,
    )
    op.add_column(
        "qbr",
        sa.Column(
            "warnings",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="what is odd about how the grades are spread",
        ),
    )
    op.add_column(
        "scorecard",
        sa.Column(
            "previous",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="the quarter before, as it was published when this was computed",
        ),
    )
    op.add_column(
        "scorecard",
        sa.Column(
            "reasons",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="consequence or action -> why, in words",
        ),
    )
    op.add_column(
        "action",
        sa.Column("first_due_on", sa.Date(), nullable=True, comment="as it was on publication, where due_on was moved"),
    )
    op.add_column(
        "action",
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False, comment="why, in words"),
    )

    for table, allowed in (
        ("policy", "'draft', 'published', 'withdrawn'"),
        ("allocation", "'proposed', 'override_pending', 'approved', 'overridden', 'superseded'"),
    ):
        op.drop_constraint(op.f(f"ck_{table}_status"), table)
        op.create_check_constraint(op.f(f"ck_{table}_status"), table, f"status IN ({allowed})")
    op.create_check_constraint(
        op.f("ck_commodity_largest_share"), "commodity", "largest_share > 0 AND largest_share <= 1"
    )
    op.create_check_constraint(op.f("ck_commodity_least_sources"), "commodity", "least_sources >= 1")
    op.drop_index("uq_allocation_proposed", "allocation")
    op.create_index(
        "uq_allocation_proposed",
        "allocation",
        ["qbr_quarter", "commodity"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'override_pending')"),
    )


def downgrade() -> None:
    # Nobody may decide on these any more: older code proposes anew.
    op.execute("UPDATE allocation SET status = 'superseded' WHERE status = 'override_pending'")
    op.execute("DELETE FROM policy WHERE status = 'withdrawn'")
    op.drop_index("uq_allocation_proposed", "allocation")
    op.create_index(
        "uq_allocation_proposed",
        "allocation",
        ["qbr_quarter", "commodity"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )
    for table, allowed in (
        ("policy", "'draft', 'published'"),
        ("allocation", "'proposed', 'approved', 'overridden', 'superseded'"),
    ):
        op.drop_constraint(op.f(f"ck_{table}_status"), table)
        op.create_check_constraint(op.f(f"ck_{table}_status"), table, f"status IN ({allowed})")
    op.drop_constraint(op.f("ck_commodity_largest_share"), "commodity")
    op.drop_constraint(op.f("ck_commodity_least_sources"), "commodity")
    op.drop_column("action", "reasons")
    op.drop_column("action", "first_due_on")
    op.drop_column("scorecard", "reasons")
    op.drop_column("scorecard", "previous")
    op.drop_column("qbr", "warnings")
    op.alter_column(
        "policy",
        "status",
        existing_type=sa.TEXT(),
        comment=None,
        existing_comment="a published one may be withdrawn before its day comes",
        existing_nullable=False,
    )
    for column in ("withdrawn_reason", "withdrawn_at", "withdrawn_by", "rescored_at", "restores"):
        op.drop_column("policy", column)
    op.drop_column("policy", "published_at")
    op.drop_column("policy", "published_by")
    op.drop_column("policy", "created_at")
    op.drop_column("policy", "note")
    op.drop_column("policy", "edition")
    op.drop_column("commodity", "least_sources")
    op.drop_column("commodity", "largest_share")
    op.drop_column("allocation_line", "upper_share")
    op.drop_column("allocation_line", "lower_share")
    op.drop_column("allocation", "limits")
    op.drop_column("allocation", "policy_version")
    op.drop_column("allocation", "overridden_by")
    op.drop_index("ix_simulated_change_supplier_id", table_name="simulated_change")
    op.drop_table("simulated_change")
    op.drop_index(
        "ix_recalculation_chunk_open", table_name="recalculation_chunk", postgresql_where=sa.text("done_at IS NULL")
    )
    op.drop_table("recalculation_chunk")
    op.drop_table("qbr_report")
    op.drop_index("ix_identified_risk_code", table_name="identified_risk")
    op.drop_table("identified_risk")
    op.drop_table("verification")
    op.drop_index("ix_tier_override_supplier_id", table_name="tier_override")
    op.drop_table("tier_override")
    op.drop_table("simulation")
    op.drop_index(
        "uq_risk_identification_open", table_name="risk_identification", postgresql_where=sa.text("status <> 'frozen'")
    )
    op.drop_table("risk_identification")
    op.drop_index(
        "ix_recalculation_open", table_name="recalculation", postgresql_where=sa.text("status IN ('queued', 'running')")
    )
    op.drop_table("recalculation")
    op.drop_index("ix_qbr_comment_quarter", table_name="qbr_comment")
    op.drop_table("qbr_comment")
