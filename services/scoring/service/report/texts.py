"""What a pack says, in each of the languages."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from collections.abc import Mapping

from shared.web.html.wording import Wording

TEXTS: Mapping[str, Wording] = {
    "title": Wording("Quarterly business review {quarter}", "{quarter} 季度业务评审", "{quarter} 季度業務評審"),
    "for_whom": Wording("Pack for sales management", "销售管理层资料", "業務管理階層資料"),
    "running": Wording("{title}, revision {revision}", "{title}，第 {revision} 版", "{title}，第 {revision} 版"),
    "contents": Wording("Contents", "目录", "目錄"),
    "draft": Wording("DRAFT", "草稿", "草稿"),
    "draft_note": Wording(
        "This is a draft: it has not been published and may still change.",
        "本文件为草稿：尚未发布，内容可能变更。",
        "本文件為草稿：尚未發布，內容可能變更。",
    ),
    "skip": Wording("Skip to the contents", "跳到内容", "跳到內容"),
    # the first page
    "period": Wording("Quarter", "季度", "季度"),
    "period_is": Wording(
        "{quarter}: {first} to {last}", "{quarter}：{first} 至 {last}", "{quarter}：{first} 至 {last}"
    ),
    "revision": Wording("Revision", "版本", "版本"),
    "status": Wording("Status", "状态", "狀態"),
    "is_draft": Wording("Draft", "草稿", "草稿"),
    "is_published": Wording("Published", "已发布", "已發布"),
    "published": Wording("Published", "发布", "發布"),
    "computed": Wording("Computed", "计算", "計算"),
    "at_by": Wording("{at} by {who}", "{at}，{who}", "{at}，{who}"),
    "asked_by": Wording("{at}, asked for by {who}", "{at}，由 {who} 要求", "{at}，由 {who} 要求"),
    "policy": Wording("Policy", "评审规则", "評審規則"),
    "policy_is": Wording("{name}, version {version}", "{name}，第 {version} 版", "{name}，第 {version} 版"),
    "population": Wording("Suppliers reviewed", "评审供应商数", "評審供應商數"),
    "coverage": Wording("Coverage", "数据覆盖", "資料涵蓋"),
    "coverage_is": Wording(
        "{mean} of {whole} on average; complete: {complete}, so incomplete that B is the best grade: {capped}, "
        "too low for a grade: {too_low}",
        "平均 {mean}（满分 {whole}）；{complete} 家完整，{capped} 家最高为 B，{too_low} 家不足以评级",
        "平均 {mean}（滿分 {whole}）；{complete} 家完整，{capped} 家最高為 B，{too_low} 家不足以評級",
    ),
    "bases": Wording("Sustainability rests on", "可持续性依据", "永續依據"),
    "glance": Wording("At a glance", "重点", "重點"),
    "nobody": Wording("No supplier was reviewed.", "没有评审任何供应商。", "沒有評審任何供應商。"),
    "glance_grades": Wording(
        "Grade A: {a} of {all} suppliers ({percent}); grade C: {c}, grade D: {d}, not rated: {unrated}.",
        "{all} 家供应商中 {a} 家（{percent}）为 A 级；{c} 家为 C，{d} 家为 D，{unrated} 家未评级。",
        "{all} 家供應商中 {a} 家（{percent}）為 A 級；{c} 家為 C，{d} 家為 D，{unrated} 家未評級。",
    ),
    "glance_mean": Wording("The mean total is {mean}.", "平均总分为 {mean}。", "平均總分為 {mean}。"),
    "glance_mean_against": Wording(
        "The mean total is {mean}, {change} against {before}.",
        "平均总分为 {mean}，与 {before} 相比 {change}。",
        "平均總分為 {mean}，與 {before} 相比 {change}。",
    ),
    "glance_moves": Wording(
        "Better grades than in {before}: {improved}; worse: {worsened}.",
        "与 {before} 相比，{improved} 家供应商等级上升，{worsened} 家下降。",
        "與 {before} 相比，{improved} 家供應商等級上升，{worsened} 家下降。",
    ),
    "glance_tiers": Wording(
        "Suppliers at high risk: {high} ({percent}).",
        "{high} 家供应商为高风险（{percent}）。",
        "{high} 家供應商為高風險（{percent}）。",
    ),
    "glance_category": Wording(
        "The weakest risk category is {category}, {mean} on average.",
        "最弱的风险类别为{category}，平均 {mean}。",
        "最弱的風險類別為{category}，平均 {mean}。",
    ),
    "glance_actions": Wording("Actions asked for: {count}.", "要求采取 {count} 项措施。", "要求採取 {count} 項措施。"),
    "glance_revision": Wording(
        "Suppliers whose results this revision changes: {count}.",
        "本版更改了 {count} 家供应商的结果。",
        "本版更改了 {count} 家供應商的結果。",
    ),
    "warnings": Wording("Warnings", "提示", "提示"),
    "no_warnings": Wording("There are none.", "无。", "無。"),
    "unknown": Wording(
        "Performance or sourcing names codes that the registry does not know: {codes}",
        "绩效或采购数据中有注册系统未知的代码：{codes}",
        "績效或採購資料中有註冊系統未知的代碼：{codes}",
    ),
    "dropped": Wording(
        "In the revision before, and no more in this one: {codes}",
        "上一版中有、本版中没有：{codes}",
        "上一版中有、本版中沒有：{codes}",
    ),
    # distribution
    "distribution": Wording("Distribution", "分布", "分布"),
    "grades": Wording("Grades", "等级", "等級"),
    "tiers": Wording("Risk tiers", "风险等级", "風險等級"),
    "grades_chart": Wording("Suppliers by grade", "各等级供应商数", "各等級供應商數"),
    "tiers_chart": Wording("Suppliers by risk tier", "各风险等级供应商数", "各風險等級供應商數"),
    "suppliers": Wording("Suppliers", "供应商", "供應商"),
    "percent_in": Wording("{quarter}, percent", "{quarter}，百分比", "{quarter}，百分比"),
    "nothing_before": Wording(
        "{before} has no published review to compare with.",
        "{before} 没有已发布的评审可供比较。",
        "{before} 沒有已發布的評審可供比較。",
    ),
    "over_time": Wording("All suppliers over the quarters", "全体供应商各季度情况", "全體供應商各季度情況"),
    "mean_total": Wording("Mean total", "平均总分", "平均總分"),
    "mean_sustainability": Wording("Mean sustainability", "平均可持续性", "平均永續分數"),
    "quarter": Wording("Quarter", "季度", "季度"),
    # movers
    "movers": Wording("Movers", "变动", "變動"),
    "movers_note": Wording(
        "Against {before}. New in this quarter: {newcomers}; no more reviewed: {leavers}.",
        "与 {before} 相比。本季新增：{newcomers}；不再评审：{leavers}。",
        "與 {before} 相比。本季新增：{newcomers}；不再評審：{leavers}。",
    ),
    "rises": Wording("Largest rises of the total", "总分升幅最大", "總分升幅最大"),
    "falls": Wording("Largest falls of the total", "总分跌幅最大", "總分跌幅最大"),
    "no_rises": Wording("No total rose.", "没有总分上升。", "沒有總分上升。"),
    "no_falls": Wording("No total fell.", "没有总分下降。", "沒有總分下降。"),
    "migrations": Wording(
        "Grades in {before} (rows) and {now} (columns)",
        "{before}（行）与 {now}（列）的等级",
        "{before}（列）與 {now}（欄）的等級",
    ),
    "total_in": Wording("Total {quarter}", "{quarter} 总分", "{quarter} 總分"),
    "grade_in": Wording("Grade {quarter}", "{quarter} 等级", "{quarter} 等級"),
    "grade_changes": Wording("Changes of grade", "等级变动", "等級變動"),
    "no_grade_changes": Wording("No grade changed.", "等级没有变动。", "等級沒有變動。"),
    # categories
    "categories": Wording("Worst categories", "最弱类别", "最弱類別"),
    "categories_chart": Wording("Mean by risk category", "各风险类别平均分", "各風險類別平均分"),
    "category": Wording("Category", "类别", "類別"),
    "mean": Wording("Mean", "平均", "平均"),
    "below": Wording("Below {threshold}", "低于 {threshold}", "低於 {threshold}"),
    "edge": Wording(
        "Dashed line at {threshold}: a category below it puts a supplier in the risk tier {tier} at least.",
        "{threshold} 处的虚线：任一类别低于该值的供应商，风险等级至少为{tier}。",
        "{threshold} 處的虛線：任一類別低於該值的供應商，風險等級至少為{tier}。",
    ),
    "lowest_in": Wording("{category}: the lowest", "{category}：最低分", "{category}：最低分"),
    "nobody_low": Wording(
        "No supplier is below {threshold} in any category.",
        "没有供应商在任何类别低于 {threshold}。",
        "沒有供應商在任何類別低於 {threshold}。",
    ),
    "no_categories": Wording("There are no figures.", "没有数据。", "沒有資料。"),
    # actions
    "actions": Wording("Actions", "措施", "措施"),
    "actions_by_kind": Wording("Actions by kind", "各类措施", "各類措施"),
    "actions_all": Wording("Who is asked for what", "措施明细", "措施明細"),
    "action": Wording("Action", "措施", "措施"),
    "owner": Wording("Owner", "负责", "負責"),
    "due": Wording("Due", "期限", "期限"),
    "count": Wording("Number", "数量", "數量"),
    "due_after": Wording("day {days} after publication", "发布后 {days} 天", "發布後 {days} 天"),
    "due_at_once": Wording("on publication", "发布当日", "發布當日"),
    "due_between": Wording("{first} to {last}", "{first} 至 {last}", "{first} 至 {last}"),
    "no_actions": Wording("No action is asked for.", "没有要求任何措施。", "沒有要求任何措施。"),
    # all suppliers
    "all_suppliers": Wording("All suppliers", "全部供应商", "全部供應商"),
    "rank": Wording("Rank", "排名", "排名"),
    "code": Wording("Code", "代码", "代碼"),
    "name": Wording("Name", "名称", "名稱"),
    "country": Wording("Country", "国家/地区", "國家/地區"),
    "total": Wording("Total", "总分", "總分"),
    "change": Wording("Change", "变化", "變化"),
    "before": Wording("Before", "此前", "先前"),
    "grade": Wording("Grade", "等级", "等級"),
    "tier": Wording("Risk tier", "风险等级", "風險等級"),
    "basis": Wording("Basis", "依据", "依據"),
    "confidence": Wording("Confidence", "可信度", "可信度"),
    "limits": Wording("Limits", "限制", "限制"),
    "tier_reasons": Wording("Reasons of the risk tier", "风险等级理由", "風險等級理由"),
    # a supplier's page
    "one_by_one": Wording("Supplier by supplier", "各供应商", "各供應商"),
    "rank_of": Wording("rank {rank} of {all}", "排名 {rank}/{all}", "排名 {rank}/{all}"),
    "country_unknown": Wording("country not known", "国家/地区不详", "國家/地區不詳"),
    "grade_from": Wording("{grade} (before: {before})", "{grade}（此前：{before}）", "{grade}（先前：{before}）"),
    "total_from": Wording("{total} ({change})", "{total}（{change}）", "{total}（{change}）"),
    "dimensions": Wording("Dimensions", "维度", "構面"),
    "dimension": Wording("Dimension", "维度", "構面"),
    "weight": Wording("Weight", "权重", "權重"),
    "coverage_of": Wording("{coverage} of {whole}", "{coverage}/{whole}", "{coverage}/{whole}"),
    "tier_is": Wording("Risk tier: {tier}", "风险等级：{tier}", "風險等級：{tier}"),
    "no_reason": Wording(
        "No rule for a higher tier applied.", "未触发更高风险等级的规则。", "未觸發更高風險等級的規則。"
    ),
    "basis_is": Wording(
        "Basis: {basis}, confidence {confidence}; base {base} + credit {credit}.",
        "依据：{basis}，可信度 {confidence}；基础分 {base} + 加分 {credit}。",
        "依據：{basis}，可信度 {confidence}；基礎分 {base} + 加分 {credit}。",
    ),
    "risk_categories": Wording("Risk categories", "风险类别", "風險類別"),
    "trend": Wording("Trend", "趋势", "趨勢"),
    "trend_chart": Wording(
        "Total and sustainability over the quarters", "各季度总分与可持续性", "各季度總分與永續分數"
    ),
    "no_trend": Wording(
        "No earlier quarter has been published; the trend begins with this one.",
        "此前没有已发布的季度；趋势从本季开始。",
        "先前沒有已發布的季度；趨勢從本季開始。",
    ),
    "what_limits": Wording("What held the grade down", "等级受限原因", "等級受限原因"),
    "no_limits": Wording("Nothing: the grade follows from the total.", "无：等级由总分决定。", "無：等級由總分決定。"),
    "consequence": Wording("Consequence", "后果", "後續"),
    "changes": Wording(
        "Changed against revision {revision}", "与第 {revision} 版相比的更改", "與第 {revision} 版相比的更改"
    ),
    "change_is": Wording("{field}: {before} → {now}", "{field}：{before} → {now}", "{field}：{before} → {now}"),
    "score": Wording("Score", "分数", "分數"),
    # of charts
    "chart_bars": Wording("Bars: {items}.", "条形图：{items}。", "長條圖：{items}。"),
    "chart_line": Wording("Line: {items}.", "折线图：{items}。", "折線圖：{items}。"),
    "chart_item": Wording("{label} {value}", "{label} {value}", "{label} {value}"),
    "chart_quarter": Wording(
        "{label}: {total}, {name} {value}", "{label}：{total}，{name} {value}", "{label}：{total}，{name} {value}"
    ),
    "chart_break": Wording("; ", "；", "；"),
    "chart_joint": Wording(", ", "、", "、"),
    "from": Wording("{grade} from {threshold}", "{grade} ≥ {threshold}", "{grade} ≥ {threshold}"),
    # of the workbook
    "overview": Wording("Overview", "概览", "概覽"),
    "value": Wording("Value", "值", "值"),
}
"""By what is said."""
