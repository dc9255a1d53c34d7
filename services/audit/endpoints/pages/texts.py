"""What the form for suppliers says, in each of its languages."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from collections.abc import Mapping

from shared.web.html.wording import Wording

TEXTS: Mapping[str, Wording] = {
    "skip": Wording("Skip to the questions", "跳到问题", "跳到問題"),
    "for_supplier": Wording("For {name}", "供应商：{name}", "供應商：{name}"),
    "due": Wording("Please answer by {date}.", "请于 {date} 前回答。", "請於 {date} 前回答。"),
    "past_due": Wording(
        "It was due on {date}. You can still answer until the link ends.",
        "截止日期为 {date}。在链接失效前您仍可回答。",
        "截止日期為 {date}。在連結失效前您仍可回答。",
    ),
    "intro": Wording(
        "You can save a draft and come back with the same link until you submit. Whoever has the link can answer for "
        "your company: pass it on to colleagues only.",
        "提交之前，您可以保存草稿，并用同一链接继续填写。持有此链接的人都可以代表贵公司回答，请只转给同事。",
        "提交之前，您可以儲存草稿，並用同一連結繼續填寫。持有此連結的人都可以代表貴公司回答，請只轉給同事。",
    ),
    "link_until": Wording("The link ends on {date} (UTC).", "链接有效至 {date}（UTC）。", "連結有效至 {date}（UTC）。"),
    "progress": Wording(
        "{answered} of {all} questions answered", "已回答 {answered}/{all} 题", "已回答 {answered}/{all} 題"
    ),
    "saved": Wording("The draft is saved.", "草稿已保存。", "草稿已儲存。"),
    "stale": Wording(
        "Somebody else changed the answers in the meantime. Yours are not saved yet. Where theirs differ, both are "
        "shown below: check them, then save again.",
        "其间有人修改了答案，您的答案尚未保存。不同之处在下方一并显示，请核对后再次保存。",
        "其間有人修改了答案，您的答案尚未儲存。不同之處在下方一併顯示，請核對後再次儲存。",
    ),
    "theirs": Wording("Saved in the meantime: {answer}", "其间保存的答案：{answer}", "其間儲存的答案：{answer}"),
    "nothing": Wording("no answer", "未回答", "未回答"),
    "not_saved": Wording(
        "Nothing was saved. Please mend these answers:", "尚未保存，请更正以下答案：", "尚未儲存，請更正以下答案："
    ),
    "question": Wording("Question {number}", "问题 {number}", "問題 {number}"),
    "your_answer": Wording("Your answer", "您的答案", "您的答案"),
    "in_unit": Wording("Your answer, in {unit}", "您的答案（单位：{unit}）", "您的答案（單位：{unit}）"),
    "number_hint": Wording(
        "A number, for example 1234.5, without thousands separators",
        "请填数字，例如 1234.5，不要使用千位分隔符",
        "請填數字，例如 1234.5，不要使用千分位符號",
    ),
    "several": Wording("Choose all that apply", "可多选", "可複選"),
    "yes": Wording("Yes", "是", "是"),
    "no": Wording("No", "否", "否"),
    "unanswered": Wording("No answer yet", "尚未回答", "尚未回答"),
    "not_applicable": Wording("Not applicable to us", "不适用于我们", "不適用於我們"),
    "comment": Wording("Comment", "备注", "備註"),
    "comment_or_reason": Wording(
        "Comment; if not applicable, why", "备注；如不适用，请说明原因", "備註；如不適用，請說明原因"
    ),
    "add_comment": Wording("Add a comment", "添加备注", "新增備註"),
    "file": Wording("Choose a file", "选择文件", "選擇檔案"),
    "file_hint": Wording(
        "PDF, JPEG, PNG, WebP, XLSX, DOCX, CSV or text, at most 25 MB. It is uploaded when you save.",
        "PDF、JPEG、PNG、WebP、XLSX、DOCX、CSV 或文本文件，最大 25 MB。保存时上传。",
        "PDF、JPEG、PNG、WebP、XLSX、DOCX、CSV 或文字檔，最大 25 MB。儲存時上傳。",
    ),
    "file_held": Wording("Uploaded: {name}", "已上传：{name}", "已上傳：{name}"),
    "file_drop": Wording("Remove this file from the answer", "从答案中移除此文件", "從答案中移除此檔案"),
    "save": Wording("Save draft", "保存草稿", "儲存草稿"),
    "review": Wording("Check and submit", "检查并提交", "檢查並提交"),
    "review_title": Wording("Check before you submit", "提交前请检查", "提交前請檢查"),
    "missing": Wording(
        "These questions have no answer. They count as 0:",
        "以下问题尚未回答，将计为 0 分：",
        "以下問題尚未回答，將計為 0 分：",
    ),
    "complete": Wording("All questions are answered.", "所有问题均已回答。", "所有問題均已回答。"),
    "final": Wording(
        "After you submit, the answers cannot be changed and the link ends.",
        "提交后不能再修改答案，链接随即失效。",
        "提交後不能再修改答案，連結隨即失效。",
    ),
    "submit": Wording("Submit now", "立即提交", "立即提交"),
    "back": Wording("Back to the questions", "返回问题", "返回問題"),
    "receipt_title": Wording("Your answers are submitted", "答案已提交", "答案已提交"),
    "receipt": Wording(
        "Submitted on {date} (UTC). Thank you.", "提交日期：{date}（UTC）。谢谢!", "提交日期：{date}（UTC）。謝謝!"
    ),
    "keep": Wording(
        "Print or save this page if you want to keep it: the link has ended.",
        "如需留存，请打印或保存此页：链接已失效。",
        "如需留存，請列印或儲存此頁：連結已失效。",
    ),
    "category": Wording("Category", "类别", "類別"),
    "score": Wording("Score (0 to 100)", "得分（0 至 100）", "得分（0 至 100）"),
    "no_score": Wording("Nothing in the questionnaire applies.", "问卷中没有适用的内容。", "問卷中沒有適用的內容。"),
    # What is wrong with an answer
    "not_a_number": Wording("Enter a number, for example 1234.5", "请输入数字，例如 1234.5", "請輸入數字，例如 1234.5"),
    "ambiguous_number": Wording(
        "Write the number without thousands separators, for example 1234 or 1.234",
        "请不要使用千位分隔符，例如 1234 或 1.234",
        "請不要使用千分位符號，例如 1234 或 1.234",
    ),
    "out_of_range": Wording("The number is too large", "数字过大", "數字過大"),
    "text_too_long": Wording(
        "The text is too long: at most 5000 characters", "文字过长：最多 5000 字", "文字過長：最多 5000 字"
    ),
    "comment_too_long": Wording(
        "The comment is too long: at most 2000 characters", "备注过长：最多 2000 字", "備註過長：最多 2000 字"
    ),
    "reason_missing": Wording("Say why it is not applicable", "请说明为何不适用", "請說明為何不適用"),
    "applies_to_all": Wording(
        "This question applies to every supplier", "此题适用于所有供应商", "此題適用於所有供應商"
    ),
    "answer_and_not_applicable": Wording(
        "Either answer, or say that it is not applicable",
        "请回答，或选择不适用，二者只能选一",
        "請回答，或選擇不適用，二者只能選一",
    ),
    "not_an_option": Wording("Choose one of the options", "请选择其中一项", "請選擇其中一項"),
    "file_unknown": Wording("Choose the file again", "请重新选择文件", "請重新選擇檔案"),
    "file_refused": Wording(
        "This file cannot be taken: its type or content is not one of those named, or it is empty",
        "无法接收此文件：类型或内容不符，或文件为空",
        "無法接收此檔案：類型或內容不符，或檔案為空",
    ),
    "too_many_files": Wording("There are too many files", "文件过多", "檔案過多"),
}
