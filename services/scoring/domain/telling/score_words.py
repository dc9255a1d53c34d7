"""The sentences in which a score is explained."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from typing import Final

from shared.languages import Language

WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "score": "On {as_of} the sustainability score of {supplier} was {score} of 100, and its risk tier was {tier}. "
        'This follows version {version} of the policy "{policy}".',
        "low": "No rule for a higher risk tier applied.",
        "base_below": "The tier was {tier} because the base of {base} lay below {limit}.",
        "category_below": "The tier was {tier} because {category}, with {score}, lay below {limit}.",
        "open_finding": "The tier was {tier} because a {severity} finding was not closed.",
        "overdue": "The tier was {tier} because a {severity} finding was overdue.",
        "override": "From {valid_from} to {valid_until} the risk tier {tier} has been set by a person; "
        "it stands beside the computed one.",
        "override_reason": "The reason given: {reason}",
        "base": "The base was {base}: {categories}, each with its part of the whole.",
        "category": "{category} ({part} % of the base) scored {score}: "
        "audits {audit}, survey {survey} and country {inherent}, which weigh {weights}.",
        "audit_assumed": "No audit or document review of the last {months} months covered {category}; the prudent "
        "figure {prudent} stood in for one.",
        "survey_assumed": "No survey of the last {months} months answered for {category}; the prudent figure "
        "{prudent} stood in for one.",
        "silent": "The survey that was due on {due_on} had not been answered, so it counts 0 for {category}.",
        "country_assumed": "Nothing was known of the risk of the country, so the worst was assumed.",
        "finding": "finding {provision} ({severity}, discovered on {discovered_on})",
        "open": "{finding} was open.",
        "plan_approved": "{finding} had an approved plan.",
        "implemented": "{finding} was implemented on {implemented_on} and not yet closed.",
        "due": "It had to be implemented by {due_on}.",
        "overdue_finding": "{finding} was overdue: it had to be implemented by {due_on}.",
        "closed": "{finding} was closed on {closed_on}.",
        "deduction": "It deducted {points} points x {factor} = {deduction} from its site, which cost {effect} of the "
        "score.",
        "more": "{count} further findings together cost {effect}.",
        "credit": "Events attended: {events}; courses completed: {courses}; credited certificates: {certificates}. "
        "Together they added {points}.",
        "cap": "They were worth {before_cap}, of which at most {cap} counts.",
        "withheld": "They would have added {would}, but while a serious finding is not closed nothing is added.",
        "limit": "The sum was {total}; a score is never above 100.",
        "sum": "Base and credit, {total}, rounded to two decimals are {score}.",
        "confidence": "{percent} % of the weight rested on evidence; the rest was assumed with prudence.",
        "all_known": "All of the weight rested on evidence; nothing was assumed.",
        "until": "Without anything new this score holds until {valid_until}.",
    },
    "zh-Hans": {
        "score": "{as_of}，{supplier} 的可持续发展评分为 {score}（满分 100），风险等级为{tier}。"
        "依据政策“{policy}”第 {version} 版。",
        "low": "没有任何较高风险等级的规则适用。",
        "base_below": "风险等级为{tier}，因为基础分 {base} 低于 {limit}。",
        "category_below": "风险等级为{tier}，因为{category}得分 {score}，低于 {limit}。",
        "open_finding": "风险等级为{tier}，因为有{severity}不符合项尚未关闭。",
        "overdue": "风险等级为{tier}，因为有{severity}不符合项已逾期。",
        "override": "自 {valid_from} 至 {valid_until}，风险等级由人员设定为{tier}，与计算出的等级并列显示。",
        "override_reason": "设定的理由：{reason}",
        "base": "基础分为 {base}，由以下类别按权重合计：{categories}。",
        "category": "{category}（占基础分 {part} %）得分 {score}：审核 {audit}、问卷 {survey}、国家 {inherent}，"
        "权重为 {weights}。",
        "audit_assumed": "最近 {months} 个月内没有审核涵盖以下类别，以审慎值 {prudent} 代替：{category}。",
        "survey_assumed": "最近 {months} 个月内没有问卷涵盖以下类别，以审慎值 {prudent} 代替：{category}。",
        "silent": "应于 {due_on} 前提交的问卷没有答复，因此以下类别的问卷得 0 分：{category}。",
        "country_assumed": "没有该国家的风险数据，因此以最差情况计算。",
        "finding": "{provision} 不符合项（{severity}，{discovered_on} 发现）",
        "open": "{finding}尚未处理。",
        "plan_approved": "{finding}的改善计划已批准。",
        "implemented": "{finding}已于 {implemented_on} 完成改善，尚未关闭。",
        "due": "须于 {due_on} 前完成。",
        "overdue_finding": "{finding}已逾期，期限为 {due_on}。",
        "closed": "{finding}已于 {closed_on} 关闭。",
        "deduction": "它从所在厂区扣除 {points} 分 × {factor} = {deduction}，使评分减少 {effect}。",
        "more": "其余 {count} 个不符合项合计使评分减少 {effect}。",
        "credit": "参加活动 {events} 场、完成课程 {courses} 门、计分证书 {certificates} 张，共加 {points} 分。",
        "cap": "原值 {before_cap} 分，最多计入 {cap} 分。",
        "withheld": "原可加 {would} 分，但严重的不符合项关闭之前不予加分。",
        "limit": "合计为 {total}；评分最高为 100。",
        "sum": "基础分与加分合计 {total}，四舍五入到两位小数为 {score}。",
        "confidence": "{percent} % 的权重以证据为依据，其余按审慎原则推定。",
        "all_known": "全部权重均以证据为依据，没有任何推定。",
        "until": "若没有新的信息，此评分有效至 {valid_until}。",
    },
    "zh-Hant": {
        "score": "{as_of}，{supplier} 的永續評分為 {score}（滿分 100），風險等級為{tier}。"
        "依據政策「{policy}」第 {version} 版。",
        "low": "沒有任何較高風險等級的規則適用。",
        "base_below": "風險等級為{tier}，因為基礎分 {base} 低於 {limit}。",
        "category_below": "風險等級為{tier}，因為{category}得分 {score}，低於 {limit}。",
        "open_finding": "風險等級為{tier}，因為有{severity}不符合項尚未結案。",
        "overdue": "風險等級為{tier}，因為有{severity}不符合項已逾期。",
        "override": "自 {valid_from} 至 {valid_until}，風險等級由人員設定為{tier}，與計算出的等級並列顯示。",
        "override_reason": "設定的理由：{reason}",
        "base": "基礎分為 {base}，由以下類別按權重合計：{categories}。",
        "category": "{category}（占基礎分 {part} %）得分 {score}：稽核 {audit}、問卷 {survey}、國家 {inherent}，"
        "權重為 {weights}。",
        "audit_assumed": "最近 {months} 個月內沒有稽核涵蓋以下類別，以審慎值 {prudent} 代替：{category}。",
        "survey_assumed": "最近 {months} 個月內沒有問卷涵蓋以下類別，以審慎值 {prudent} 代替：{category}。",
        "silent": "應於 {due_on} 前提交的問卷沒有答覆，因此以下類別的問卷得 0 分：{category}。",
        "country_assumed": "沒有該國家的風險資料，因此以最差情況計算。",
        "finding": "{provision} 不符合項（{severity}，{discovered_on} 發現）",
        "open": "{finding}尚未處理。",
        "plan_approved": "{finding}的改善計畫已核准。",
        "implemented": "{finding}已於 {implemented_on} 完成改善，尚未結案。",
        "due": "須於 {due_on} 前完成。",
        "overdue_finding": "{finding}已逾期，期限為 {due_on}。",
        "closed": "{finding}已於 {closed_on} 結案。",
        "deduction": "它從所在廠區扣除 {points} 分 × {factor} = {deduction}，使評分減少 {effect}。",
        "more": "其餘 {count} 個不符合項合計使評分減少 {effect}。",
        "credit": "參加活動 {events} 場、完成課程 {courses} 門、計分證書 {certificates} 張，共加 {points} 分。",
        "cap": "原值 {before_cap} 分，最多計入 {cap} 分。",
        "withheld": "原可加 {would} 分，但嚴重的不符合項結案之前不予加分。",
        "limit": "合計為 {total}；評分最高為 100。",
        "sum": "基礎分與加分合計 {total}，四捨五入到兩位小數為 {score}。",
        "confidence": "{percent} % 的權重以證據為依據，其餘按審慎原則推定。",
        "all_known": "全部權重均以證據為依據，沒有任何推定。",
        "until": "若沒有新的資訊，此評分有效至 {valid_until}。",
    },
}  # fmt: skip
