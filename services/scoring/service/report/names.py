"""What the codes of a review are called, in each of the languages."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from collections.abc import Mapping

from shared.web.html.wording import Wording

NAMES: Mapping[str, Mapping[str, Wording]] = {
    "grade": {
        "A": Wording("A", "A", "A"),
        "B": Wording("B", "B", "B"),
        "C": Wording("C", "C", "C"),
        "D": Wording("D", "D", "D"),
        "not_rated": Wording("Not rated", "未评级", "未評級"),
    },
    "tier": {
        "high": Wording("High", "高", "高"),
        "medium": Wording("Medium", "中", "中"),
        "low": Wording("Low", "低", "低"),
    },
    "basis": {
        "assessed": Wording("assessed", "已评估", "已評估"),
        "partly": Wording("partly assessed", "部分评估", "部分評估"),
        "assumed": Wording("assumed", "推定", "推定"),
    },
    "dimension": {
        "quality": Wording("Quality", "质量", "品質"),
        "cost": Wording("Cost", "成本", "成本"),
        "delivery": Wording("Delivery", "交付", "交期"),
        "service": Wording("Service", "服务", "服務"),
        "sustainability": Wording("Sustainability", "可持续性", "永續"),
    },
    "category": {
        "management_system": Wording("Management system", "管理体系", "管理系統"),
        "labor_employment": Wording("Labour and employment", "劳工与雇佣", "勞工與僱用"),
        "environmental_impact": Wording("Environmental impact", "环境影响", "環境影響"),
        "product_liability": Wording("Product liability", "产品责任", "產品責任"),
    },
    "action": {
        "recognition": Wording("Recognition", "表彰", "表揚"),
        "improvement_plan": Wording("Improvement plan", "改善计划", "改善計畫"),
        "special_audit": Wording("Special audit", "专项审核", "專案稽核"),
        "no_new_business": Wording("No new business", "停止新业务", "停止新業務"),
        "phase_out_plan": Wording("Phase-out plan", "退出计划", "退場計畫"),
        "assess": Wording("Assess", "进行评估", "進行評估"),
    },
    "owner": {
        "procurement": Wording("Procurement", "采购", "採購"),
        "sustainability": Wording("Sustainability", "可持续发展", "永續"),
    },
    "consequence": {
        "eligible_for_more": Wording(
            "Recognition; eligible for more business.", "予以表彰，可获更多业务。", "予以表揚，可獲更多業務。"
        ),
        "keep": Wording("The volume of business is kept.", "维持现有业务量。", "維持現有業務量。"),
        "no_more": Wording("No more business than now.", "业务量不得增加。", "業務量不得增加。"),
        "no_new_business": Wording("No new business beyond contract.", "合同之外无新业务。", "合約之外無新業務。"),
        "none": Wording("None.", "无。", "無。"),
    },
    "limit": {
        "coverage_too_low": Wording(
            "Less than {rated_from} of {whole} of the weight is there: not rated.",
            "数据权重不足 {rated_from}/{whole}：不评级。",
            "資料權重不足 {rated_from}/{whole}：不評級。",
        ),
        "no_quality_or_delivery": Wording(
            "Neither quality nor delivery was reported: not rated.",
            "质量与交付均无数据：不评级。",
            "品質與交期均無資料：不評級。",
        ),
        "coverage_incomplete": Wording(
            "Less than {uncapped_from} of {whole} of the weight is there: B at best.",
            "数据权重不足 {uncapped_from}/{whole}：最高为 B。",
            "資料權重不足 {uncapped_from}/{whole}：最高為 B。",
        ),
        "risk_tier_high": Wording(
            "The risk tier is high: C at best.", "风险等级为高：最高为 C。", "風險等級為高：最高為 C。"
        ),
        "risk_tier_high_assumed": Wording(
            "The risk tier is high by assumption alone: B at best, and to be assessed.",
            "仅凭推定为高风险：最高为 B，须进行评估。",
            "僅憑推定為高風險：最高為 B，須進行評估。",
        ),
        "priority_missed": Wording(
            "A priority finding is overdue, or was left unclosed too long: D.",
            "优先级发现项逾期或长期未关闭：D。",
            "優先缺失逾期或長期未結案：D。",
        ),
    },
    "short_limit": {
        "coverage_too_low": Wording("coverage too low", "数据不足", "資料不足"),
        "no_quality_or_delivery": Wording("no quality or delivery", "无质量与交付数据", "無品質與交期資料"),
        "coverage_incomplete": Wording("coverage incomplete", "数据不全", "資料不全"),
        "risk_tier_high": Wording("high risk", "高风险", "高風險"),
        "risk_tier_high_assumed": Wording("high risk by assumption", "推定高风险", "推定高風險"),
        "priority_missed": Wording("priority finding missed", "优先级发现项逾期", "優先缺失逾期"),
    },
    "severity": {
        "priority": Wording("priority", "优先级", "優先"),
        "major": Wording("major", "主要", "主要"),
        "minor": Wording("minor", "次要", "次要"),
    },
    "reason": {
        "base_below": Wording("The base is below {threshold}.", "基础分低于 {threshold}。", "基礎分低於 {threshold}。"),
        "category_below": Wording(
            "{category} is below {threshold}.", "{category}低于 {threshold}。", "{category}低於 {threshold}。"
        ),
        "open_finding": Wording(
            "A {severity} finding is not closed.", "有{severity}发现项未关闭。", "有{severity}缺失未結案。"
        ),
        "overdue": Wording("A {severity} finding is overdue.", "有{severity}发现项逾期。", "有{severity}缺失逾期。"),
    },
    "field": {
        "total": Wording("Total", "总分", "總分"),
        "coverage": Wording("Coverage", "数据覆盖", "資料涵蓋"),
        "grade": Wording("Grade", "等级", "等級"),
        "previous_grade": Wording("Grade of the quarter before", "上季等级", "上季等級"),
        "limits": Wording("Limits", "限制", "限制"),
        "risk_tier": Wording("Risk tier", "风险等级", "風險等級"),
        "basis": Wording("Basis", "依据", "依據"),
    },
}
"""By kind of code and code; a code that is not here, such as a policy's own category, is written as it stands."""
