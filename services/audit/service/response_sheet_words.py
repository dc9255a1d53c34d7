"""What a response sheet says besides the questions, in English and in Chinese (both scripts)."""

# ruff: noqa: RUF001  # Chinese has its own punctuation

from dataclasses import dataclass

from shared.languages import Language

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORM = "bellwether-survey-response/1"
IDENTIFICATION, CHOICES = "identification", "choices"
CODE, SECTION, QUESTION, HOW, ANSWER, NOT_APPLICABLE, COMMENT = range(7)
HEADER_ROW = 4
"""Counted from 1, as spreadsheets show rows; the questions follow."""
MARK = "x"


@dataclass(frozen=True, slots=True)
class Words:
    """The sheet's own words."""

    sheet: str
    columns: tuple[str, ...]
    about: str
    instruction: str
    yes: str
    no: str
    choose_one: str
    choose_several: str
    number: str
    text: str
    file: str
    may_not_apply: str
    not_a_choice: str
    not_a_number: str
    only_mark: str


WORDS: dict[Language, Words] = {
    "en": Words(
        sheet="Survey",
        columns=("Code", "Section", "Question", "How to answer", "Answer", "Not applicable", "Comment"),
        about="{year} · supplier {supplier} · due on {due_on}",
        instruction="Fill in the yellow cells, save, and send the file back. What stays empty counts as unanswered. "
        "Where a question does not apply, mark it with x and say why in the comment.",
        yes="Yes",
        no="No",
        choose_one="Choose one: {options}",
        choose_several="Write one or several codes, with commas between them:\n{options}",
        number="A number, in {unit}",
        text="Text",
        file="Upload the file online; it cannot be answered here",
        may_not_apply="may be marked as not applicable",
        not_a_choice="Please choose from the list.",
        not_a_number="Please enter a number.",
        only_mark="Please enter x, or leave it empty.",
    ),
    "zh-Hans": Words(
        sheet="问卷",
        columns=("代码", "章节", "问题", "作答方式", "答案", "不适用", "说明"),
        about="{year} · 供应商 {supplier} · 截止日期 {due_on}",
        instruction="请填写黄色单元格，保存后寄回。空白视为未作答。若题目不适用，请标记 x 并在说明栏填写原因。",
        yes="是",
        no="否",
        choose_one="择一：{options}",
        choose_several="填写一个或多个代码，以逗号分隔：\n{options}",
        number="数字，单位：{unit}",
        text="文字",
        file="请在线上传文件，此处无法作答",
        may_not_apply="可标记为不适用",
        not_a_choice="请从清单中选择。",
        not_a_number="请输入数字。",
        only_mark="请输入 x 或留空。",
    ),
    "zh-Hant": Words(
        sheet="問卷",
        columns=("代碼", "章節", "問題", "作答方式", "答案", "不適用", "說明"),
        about="{year} · 供應商 {supplier} · 截止日期 {due_on}",
        instruction="請填寫黃色儲存格，存檔後寄回。空白視為未作答。若題目不適用，請標記 x 並在說明欄填寫原因。",
        yes="是",
        no="否",
        choose_one="擇一：{options}",
        choose_several="填寫一個或多個代碼，以逗號分隔：\n{options}",
        number="數字，單位：{unit}",
        text="文字",
        file="請在線上上傳檔案，此處無法作答",
        may_not_apply="可標記為不適用",
        not_a_choice="請從清單中選擇。",
        not_a_number="請輸入數字。",
        only_mark="請輸入 x 或留空。",
    ),
}
YES = frozenset({"yes", "y", "true", "是", "有"})
NO = frozenset({"no", "n", "false", "否", "沒有", "没有", "無", "无"})
