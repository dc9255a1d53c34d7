"""standards questionnaires and evidence"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.mechanisms import add_ways_of_reading_files, drop_ways_of_reading_files
from migrations.standards import insert_standards

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "questionnaire",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False, comment="1, 2, ... of one name"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="language -> text"),
        sa.Column(
            "sections",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="risk categories with their questions, in order",
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('draft', 'published')", name=op.f("ck_questionnaire_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire")),
        sa.UniqueConstraint("name", "edition", name=op.f("uq_questionnaire_name_edition")),
    )
    op.create_table(
        "standard",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="section's code -> its title"
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard")),
        sa.UniqueConstraint("standard", "version", name=op.f("uq_standard_standard_version")),
    )
    op.create_table(
        "provision",
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="place in the standard's own order"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["standard", "version"],
            ["standard.standard", "standard.version"],
            name=op.f("fk_provision_standard_version_standard"),
        ),
        sa.PrimaryKeyConstraint("standard", "version", "code", name=op.f("pk_provision")),
    )
    op.create_table(
        "stored_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=True),
        sa.Column("response_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the content, in hexadecimal"),
        sa.Column("uploaded_by", sa.Text(), nullable=False, comment="opaque id of the person or machine"),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True, comment="from then on the content is gone"),
        sa.CheckConstraint("(finding_id IS NULL) <> (response_id IS NULL)", name=op.f("ck_stored_file_owner")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_stored_file_finding_id_finding")),
        sa.ForeignKeyConstraint(
            ["response_id"], ["survey_response.id"], name=op.f("fk_stored_file_response_id_survey_response")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
    )
    op.create_index("ix_stored_file_finding_id", "stored_file", ["finding_id", "id"], unique=False)
    op.create_index("ix_stored_file_response_id", "stored_file", ["response_id", "id"], unique=False)
    op.create_table(
        "survey_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "ended_at", sa.DateTime(timezone=True), nullable=True, comment="used up by a submission, or withdrawn"
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["survey_response.id"], name=op.f("fk_survey_link_response_id_survey_response")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_link")),
    )
    op.create_index("ix_survey_link_response_id", "survey_link", ["response_id", "id"], unique=False)
    op.create_table(
        "survey_reminder",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False, comment="the day on which it was due"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="sent, no_contact, refused or not_configured"),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True, comment="what the mail server said"),
        sa.Column("sent_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"], ["survey_response.id"], name=op.f("fk_survey_reminder_response_id_survey_response")
        ),
        sa.PrimaryKeyConstraint("response_id", "due_on", name=op.f("pk_survey_reminder")),
    )
    op.create_table(
        "survey_reopening",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False, comment="the submission that was reopened"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"], ["survey_response.id"], name=op.f("fk_survey_reopening_response_id_survey_response")
        ),
        sa.PrimaryKeyConstraint("response_id", "n", name=op.f("pk_survey_reopening")),
    )
    op.create_table(
        "survey_submission",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False, comment="order of submission"),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="category -> score"),
        sa.Column(
            "missing", postgresql.ARRAY(sa.Text()), nullable=False, comment="codes of the questions left unanswered"
        ),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"], ["survey_response.id"], name=op.f("fk_survey_submission_response_id_survey_response")
        ),
        sa.PrimaryKeyConstraint("response_id", "n", name=op.f("pk_survey_submission")),
    )
    add_ways_of_reading_files()
    op.add_column("audit", sa.Column("auditor_qualification", sa.Text(), nullable=True))
    op.add_column("audit", sa.Column("planned_on", sa.Date(), nullable=True))
    op.add_column("audit", sa.Column("criteria_total", sa.Integer(), nullable=True))
    op.add_column("audit", sa.Column("criteria_not_applicable", sa.Integer(), nullable=True))
    op.add_column("audit", sa.Column("criteria_conforming", sa.Integer(), nullable=True))
    op.add_column(
        "audit",
        sa.Column(
            "score_profile",
            sa.Text(),
            server_default="rba_vap_2019",
            nullable=False,
            comment="by which a score is computed",
        ),
    )
    op.add_column(
        "audit",
        sa.Column("follows_audit_id", sa.Uuid(), nullable=True, comment="whose findings a closure audit verifies"),
    )
    op.alter_column("audit", "auditor", existing_type=sa.TEXT(), comment="the audit firm", existing_nullable=True)
    op.alter_column(
        "audit", "conducted_on", existing_type=sa.DATE(), nullable=True, comment="null while it is only planned"
    )
    op.create_index(
        "ix_audit_follows_audit_id",
        "audit",
        ["follows_audit_id"],
        unique=False,
        postgresql_where=sa.text("follows_audit_id IS NOT NULL"),
    )
    op.create_foreign_key(op.f("fk_audit_follows_audit_id_audit"), "audit", "audit", ["follows_audit_id"], ["id"])
    op.add_column(
        "finding",
        sa.Column(
            "implemented_on", sa.Date(), nullable=True, comment="null again once it is reopened, like the next two"
        ),
    )
    op.add_column("finding", sa.Column("closed_on", sa.Date(), nullable=True))
    op.add_column("finding", sa.Column("withdrawn_on", sa.Date(), nullable=True))
    op.add_column(
        "finding_transition",
        sa.Column(
            "audit_id", sa.Uuid(), nullable=True, comment="the closure audit that verified it, where there was one"
        ),
    )
    op.create_foreign_key(
        op.f("fk_finding_transition_audit_id_audit"), "finding_transition", "audit", ["audit_id"], ["id"]
    )
    op.add_column("plan", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column(
        "plan", sa.Column("contact_name", sa.Text(), nullable=True, comment="erased on request, like the address")
    )
    op.add_column("plan", sa.Column("contact_email", sa.Text(), nullable=True))
    op.add_column(
        "survey",
        sa.Column("questionnaire_id", sa.Uuid(), nullable=True, comment="null where answers come as scores, by files"),
    )
    op.add_column(
        "survey",
        sa.Column(
            "reminder_days",
            postgresql.ARRAY(sa.Integer()),
            server_default="{}",
            nullable=False,
            comment="days before the due date; negative ones after it",
        ),
    )
    op.create_foreign_key(
        op.f("fk_survey_questionnaire_id_questionnaire"), "survey", "questionnaire", ["questionnaire_id"], ["id"]
    )
    op.add_column(
        "survey_response",
        sa.Column(
            "status", sa.Text(), server_default="asked", nullable=False, comment="what may be done with the answers"
        ),
    )
    op.add_column(
        "survey_response",
        sa.Column(
            "answers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="question's code -> answer, as they stand; a draft until submitted",
        ),
    )
    op.add_column("survey_response", sa.Column("answered_by", sa.Text(), nullable=True))
    op.add_column("survey_response", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_audit_dated"), "audit", "planned_on IS NOT NULL OR conducted_on IS NOT NULL")
    op.create_check_constraint(
        op.f("ck_audit_criteria"),
        "audit",
        "(criteria_total IS NULL) = (criteria_conforming IS NULL) "
        "AND (criteria_total IS NULL) = (criteria_not_applicable IS NULL) "
        "AND criteria_conforming + criteria_not_applicable <= criteria_total",
    )
    op.create_check_constraint(
        op.f("ck_survey_response_status"), "survey_response", "status IN ('asked', 'draft', 'submitted', 'reopened')"
    )
    op.execute("UPDATE survey_response SET status = 'submitted' WHERE submitted_on IS NOT NULL")
    op.execute("""
        UPDATE finding SET
            implemented_on = CASE WHEN status IN ('implemented', 'closed') THEN taken.implemented_on END,
            closed_on = CASE WHEN status = 'closed' THEN taken.closed_on END,
            withdrawn_on = CASE WHEN status = 'withdrawn' THEN taken.withdrawn_on END
        FROM (
            SELECT finding_id,
                max("on") FILTER (WHERE "to" = 'implemented') AS implemented_on,
                max("on") FILTER (WHERE "to" = 'closed') AS closed_on,
                max("on") FILTER (WHERE "to" = 'withdrawn') AS withdrawn_on
            FROM finding_transition GROUP BY finding_id
        ) AS taken
        WHERE taken.finding_id = finding.id AND status IN ('implemented', 'closed', 'withdrawn')
    """)
    insert_standards("rba_7_0", "rba_8_0")


def downgrade() -> None:
    op.execute("DELETE FROM audit WHERE conducted_on IS NULL")  # the former release knows no planned audits
    op.drop_constraint(op.f("ck_survey_response_status"), "survey_response")
    op.drop_constraint(op.f("ck_audit_criteria"), "audit")
    op.drop_constraint(op.f("ck_audit_dated"), "audit")
    op.drop_column("survey_response", "answered_at")
    op.drop_column("survey_response", "answered_by")
    op.drop_column("survey_response", "answers")
    op.drop_column("survey_response", "status")
    op.drop_constraint(op.f("fk_survey_questionnaire_id_questionnaire"), "survey", type_="foreignkey")
    op.drop_column("survey", "reminder_days")
    op.drop_column("survey", "questionnaire_id")
    op.drop_column("plan", "contact_email")
    op.drop_column("plan", "contact_name")
    op.drop_column("plan", "starts_on")
    op.drop_constraint(op.f("fk_finding_transition_audit_id_audit"), "finding_transition", type_="foreignkey")
    op.drop_column("finding_transition", "audit_id")
    op.drop_column("finding", "withdrawn_on")
    op.drop_column("finding", "closed_on")
    op.drop_column("finding", "implemented_on")
    op.drop_constraint(op.f("fk_audit_follows_audit_id_audit"), "audit", type_="foreignkey")
    op.drop_index(
        "ix_audit_follows_audit_id", table_name="audit", postgresql_where=sa.text("follows_audit_id IS NOT NULL")
    )
    op.alter_column(
        "audit",
        "conducted_on",
        existing_type=sa.DATE(),
        nullable=False,
        comment=None,
        existing_comment="null while it is only planned",
    )
    op.alter_column(
        "audit",
        "auditor",
        existing_type=sa.TEXT(),
        comment=None,
        existing_comment="the audit firm",
        existing_nullable=True,
    )
    op.drop_column("audit", "follows_audit_id")
    op.drop_column("audit", "score_profile")
    op.drop_column("audit", "criteria_conforming")
    op.drop_column("audit", "criteria_not_applicable")
    op.drop_column("audit", "criteria_total")
    op.drop_column("audit", "planned_on")
    op.drop_column("audit", "auditor_qualification")
    drop_ways_of_reading_files()
    op.drop_table("survey_submission")
    op.drop_table("survey_reopening")
    op.drop_table("survey_reminder")
    op.drop_index("ix_survey_link_response_id", table_name="survey_link")
    op.drop_table("survey_link")
    op.drop_index("ix_stored_file_response_id", table_name="stored_file")
    op.drop_index("ix_stored_file_finding_id", table_name="stored_file")
    op.drop_table("stored_file")
    op.drop_table("provision")
    op.drop_table("standard")
    op.drop_table("questionnaire")
