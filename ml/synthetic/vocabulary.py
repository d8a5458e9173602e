"""The words of the entities, and the assortment's categories and prices."""

from __future__ import annotations

CHANNELS = ("web", "app", "store", "phone", "marketplace")
CATEGORIES = (
    "home",
    "fashion",
    "sports",
    "beauty",
    "electronics",
    "kids",
    "garden",
    "food",
    "books",
    "pets",
)
SUBCATEGORIES: dict[str, tuple[str, ...]] = {
    "home": ("lighting", "textiles", "furniture", "decoration"),
    "fashion": ("dresses", "shirts", "shoes", "accessories"),
    "sports": ("running", "cycling", "fitness", "outdoor"),
    "beauty": ("skincare", "make-up", "fragrance", "hair care"),
    "electronics": ("audio", "smart home", "computing", "photo"),
    "kids": ("toys", "baby care", "school", "kids clothing"),
    "garden": ("plants", "tools", "garden furniture", "grill"),
    "food": ("pantry", "coffee and tea", "snacks", "organic"),
    "books": ("novels", "cooking", "children's books", "guides"),
    "pets": ("dog", "cat", "aquarium", "small pets"),
}
CATEGORY_PRICE = (48, 42, 46, 22, 95, 21, 34, 9, 16, 18)
TIERS = ("value", "classic", "select", "premium")
TIER_FACTOR = (0.55, 0.95, 1.6, 3.0)
BRANDS = (
    ("Basico", "Penny & Co", "Everyday"),
    ("Northfield", "Lumen", "Harbour"),
    ("Atelier Nine", "Fjordline", "Kinfolk"),
    ("Maison Alba", "Oberon", "Sable"),
)
PRODUCTS_PER_SUBCATEGORY = 10

ACQUISITION = (
    "paid_search",
    "paid_social",
    "organic",
    "direct",
    "referral",
    "email",
    "affiliate",
    "direct_mail",
    "local_events",
)
TRAFFIC = (
    "direct",
    "organic",
    "paid_search",
    "paid_social",
    "email",
    "affiliate",
    "referral",
)
PLATFORMS = (
    "instagram",
    "facebook",
    "tiktok",
    "youtube",
    "pinterest",
    "x",
    "telegram",
    "zalo",
)
MARITAL = ("single", "partnered", "married", "divorced", "widowed")
EDUCATION = (
    "secondary school",
    "vocational training",
    "bachelor's degree",
    "master's degree",
)
OCCUPATIONS = (
    "student",
    "office worker",
    "manager",
    "skilled trade",
    "health and care",
    "teacher",
    "self-employed",
    "homemaker",
    "retired",
    "creative and media",
)
LANGUAGES = ("en", "fa", "vi", "es")
