"""What the pages behind the links in mails say."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from collections.abc import Mapping

from shared.web.html.wording import Wording

_UNSUBSCRIBING: Mapping[str, Wording] = {
    "newsletters_wanted": Wording("You get our newsletters", "您正在接收我们的电子报", "您正在接收我們的電子報"),
    "newsletters_wanted_hint": Wording(
        "Press the button if you want no more of them. Invitations to events are not touched by this.",
        "如不想再收到电子报，请按下方按钮。活动邀请不受影响。",
        "如不想再收到電子報，請按下方按鈕。活動邀請不受影響。",
    ),
    "newsletters_stopped": Wording("You get no more newsletters", "您不会再收到电子报", "您不會再收到電子報"),
    "newsletters_stopped_hint": Wording(
        "A mail that is already on its way may still arrive. Invitations to events are not touched by this.",
        "已在发送途中的邮件可能仍会送达。活动邀请不受影响。",
        "已在寄送途中的郵件可能仍會送達。活動邀請不受影響。",
    ),
    "invitations_wanted": Wording(
        "You get our invitations to events", "您正在接收我们的活动邀请", "您正在接收我們的活動邀請"
    ),
    "invitations_wanted_hint": Wording(
        "Press the button if you want no more of them. Newsletters are not touched by this.",
        "如不想再收到活动邀请，请按下方按钮。电子报不受影响。",
        "如不想再收到活動邀請，請按下方按鈕。電子報不受影響。",
    ),
    "invitations_stopped": Wording("You get no more invitations", "您不会再收到活动邀请", "您不會再收到活動邀請"),
    "invitations_stopped_hint": Wording(
        "A mail that is already on its way may still arrive. Newsletters are not touched by this.",
        "已在发送途中的邮件可能仍会送达。电子报不受影响。",
        "已在寄送途中的郵件可能仍會送達。電子報不受影響。",
    ),
    "done_wanted": Wording("You will get them again.", "您将重新收到这类邮件。", "您將重新收到這類郵件。"),
    "done_stopped": Wording("This is noted.", "已记录您的选择。", "已記錄您的選擇。"),
    "stop": Wording("Send me no more of these", "不再发送给我", "不再寄送給我"),
    "again": Wording("I want them again", "我想重新接收", "我想重新接收"),
}

_INVITATION: Mapping[str, Wording] = {
    "forum": Wording("Forum", "论坛", "論壇"),
    "training": Wording("Training", "培训", "培訓"),
    "support_meeting": Wording("Support meeting", "辅导会议", "輔導會議"),
    "when": Wording("When", "时间", "時間"),
    "where": Wording("Where", "地点", "地點"),
    "channel": Wording("How", "方式", "方式"),
    "join": Wording("Join the meeting", "加入会议", "加入會議"),
    "speakers": Wording("Speakers", "讲者", "講者"),
    "agenda": Wording("Agenda", "议程", "議程"),
    "materials": Wording("Materials", "资料", "資料"),
    "recordings": Wording("Recordings", "录像", "錄影"),
    "calendar": Wording(
        "Calendar file for your phone or computer", "日历文件（手机或电脑）", "行事曆檔案（手機或電腦）"
    ),
    "event_withdrawn": Wording("This event does not take place.", "此活动已取消。", "此活動已取消。"),
    "invitation_withdrawn": Wording(
        "This invitation was withdrawn. If you have questions, answer the mail that brought it.",
        "此邀请已撤回。如有疑问，请回复邀请邮件。",
        "此邀請已撤回。如有疑問，請回覆邀請郵件。",
    ),
    "over": Wording("This event is over.", "此活动已结束。", "此活動已結束。"),
    "your_answer": Wording("Your answer", "您的回复", "您的回覆"),
    "needs_action": Wording("You have not answered yet.", "您尚未回复。", "您尚未回覆。"),
    "accepted": Wording("You said that you will come.", "您已回复参加。", "您已回覆參加。"),
    "tentative": Wording("You said that you may come.", "您已回复可能参加。", "您已回覆可能參加。"),
    "declined": Wording("You said that you will not come.", "您已回复不参加。", "您已回覆不參加。"),
    "waiting": Wording(
        "You would like to come, but all places are taken. You are on the waiting list and get a mail when a place "
        "becomes free; until then you have none.",
        "您希望参加，但名额已满。您已列入候补名单，如有空位将以邮件通知；在此之前您没有名额。",
        "您希望參加，但名額已滿。您已列入候補名單，如有空位將以郵件通知；在此之前您沒有名額。",
    ),
    "full": Wording(
        "All places are taken. If you accept, you are put on the waiting list.",
        "名额已满。如接受邀请，您将列入候补名单。",
        "名額已滿。如接受邀請，您將列入候補名單。",
    ),
    "change": Wording(
        "You can change your answer until the event ends.", "活动结束前您可以更改回复。", "活動結束前您可以更改回覆。"
    ),
    "accept": Wording("I will come", "参加", "參加"),
    "maybe": Wording("I may come", "可能参加", "可能參加"),
    "decline": Wording("I will not come", "不参加", "不參加"),
    "reply_saved": Wording("Your answer is noted.", "已记录您的回复。", "已記錄您的回覆。"),
    "not_taken": Wording(
        "Your answer could not be taken any more. This is how things stand now.",
        "您的回复已无法受理。目前情况如下。",
        "您的回覆已無法受理。目前情況如下。",
    ),
}

_FEEDBACK: Mapping[str, Wording] = {
    "feedback": Wording("What did you think of it?", "您对活动的意见", "您對活動的意見"),
    "feedback_intro": Wording(
        "Your answers are used to plan the next events. You can change them later with the same link.",
        "您的意见将用于规划今后的活动。您以后可用同一链接修改。",
        "您的意見將用於規劃今後的活動。您以後可用同一連結修改。",
    ),
    "feedback_given": Wording(
        "We have your answers. You can change them here.",
        "我们已收到您的意见，您可以在此修改。",
        "我們已收到您的意見，您可以在此修改。",
    ),
    "feedback_saved": Wording("Thank you, your answers are noted.", "谢谢，已记录您的意见。", "謝謝，已記錄您的意見。"),
    "rating": Wording("How satisfied are you overall?", "总体满意程度如何？", "整體滿意程度如何？"),
    "rating_5": Wording("5 - very satisfied", "5 - 非常满意", "5 - 非常滿意"),
    "rating_4": Wording("4 - satisfied", "4 - 满意", "4 - 滿意"),
    "rating_3": Wording("3 - neither", "3 - 一般", "3 - 普通"),
    "rating_2": Wording("2 - dissatisfied", "2 - 不满意", "2 - 不滿意"),
    "rating_1": Wording("1 - very dissatisfied", "1 - 非常不满意", "1 - 非常不滿意"),
    "no_answer": Wording("No answer", "不回答", "不回答"),
    "your_words": Wording("Your answer", "您的回答", "您的回答"),
    "send": Wording("Send", "提交", "提交"),
    "not_saved": Wording(
        "Nothing was saved. Please mend these answers:", "尚未保存，请更正以下答案：", "尚未儲存，請更正以下答案："
    ),
    "required": Wording("Please answer this question", "请回答此问题", "請回答此問題"),
    "not_understood": Wording("This answer cannot be taken", "无法接受此回答", "無法接受此回答"),
    "too_long": Wording(
        "The text is too long: at most {most} characters", "文字过长：最多 {most} 字", "文字過長：最多 {most} 字"
    ),
}

TEXTS: Mapping[str, Wording] = {**_UNSUBSCRIBING, **_INVITATION, **_FEEDBACK}
