"""The words in which an event is told of to those who were absent."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from typing import Final, NamedTuple

from shared.languages import Language


class RecapWords(NamedTuple):
    """What stands around the facts; keys of an event's kind, else what the heading says."""

    forum: str
    training: str
    support_meeting: str
    subject: str
    held: str
    missed: str
    topic: str
    agenda: str
    speakers: str
    attendance: str
    satisfied: str
    treated: str
    root_causes: str
    best_practices: str
    commitments: str
    materials: str
    recordings: str


WORDS: Final[dict[Language, RecapWords]] = {
    "en": RecapWords(
        forum="forum",
        training="training",
        support_meeting="support meeting",
        subject="What you missed: {{ event.title }} ({{ event.date }})",
        held="Dear {{{{ person.name }}}}, on {date} (time zone {zone}) our {kind} took place.",
        missed="You were invited and could not be there, so here is what it was about.",
        topic="Topic: {topic}",
        agenda="Agenda",
        speakers="Speakers",
        attendance="Attendances: {persons}; suppliers: {suppliers}.",
        satisfied="Satisfied: {percent} % of the {n} who rated it.",
        treated="What was worked on",
        root_causes="Root causes",
        best_practices="Best practices",
        commitments="Commitments",
        materials="Materials",
        recordings="Recordings",
    ),
    "zh-Hans": RecapWords(
        forum="论坛",
        training="培训",
        support_meeting="辅导会议",
        subject="活动回顾：{{ event.title }}（{{ event.date }}）",
        held="{{{{ person.name }}}}，您好：我们的{kind}已于 {date}（时区 {zone}）举行。",
        missed="您受邀而未能出席，现将内容摘要如下。",
        topic="主题：{topic}",
        agenda="议程",
        speakers="讲者",
        attendance="来自 {suppliers} 家供应商的 {persons} 人次参加。",
        satisfied="{n} 位评分者中有 {percent} % 表示满意。",
        treated="会议内容",
        root_causes="根本原因",
        best_practices="最佳实践",
        commitments="改善承诺",
        materials="资料",
        recordings="录像",
    ),
    "zh-Hant": RecapWords(
        forum="論壇",
        training="訓練",
        support_meeting="輔導會議",
        subject="活動回顧：{{ event.title }}（{{ event.date }}）",
        held="{{{{ person.name }}}}，您好：我們的{kind}已於 {date}（時區 {zone}）舉行。",
        missed="您受邀而未能出席，茲將內容摘要如下。",
        topic="主題：{topic}",
        agenda="議程",
        speakers="講者",
        attendance="來自 {suppliers} 家供應商的 {persons} 人次參加。",
        satisfied="{n} 位評分者中有 {percent} % 表示滿意。",
        treated="會議內容",
        root_causes="根本原因",
        best_practices="最佳實務",
        commitments="改善承諾",
        materials="資料",
        recordings="錄影",
    ),
}
