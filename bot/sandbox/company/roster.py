"""Who is who: the vendor's people and its customers. All names are invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.sandbox.company.model import Story, Trait

ENTERPRISE, MID_MARKET, SMALL = "Enterprise", "Mid-Market", "SMB"
CHANNELS: Final = ("#cs-risk", "#cs-upsell", "#cs-renewals", "#cs-ops", "#cs-team")


@dataclass(frozen=True, slots=True)
class Employee:
    """One of the vendor's people."""

    name: str
    role: str  # AE | CSM | Manager
    timezone: str
    manager: str | None
    active: bool = True
    in_slack: bool = True

    @property
    def email(self) -> str:
        """The address in Salesforce and, for most, in Slack. `.example` belongs to nobody."""
        return f"{self.name.lower().replace(' ', '.')}@quaylume.example"


STAFF: Final = (
    Employee("Grace Adeyemi", "Manager", "America/New_York", None),
    Employee("Oliver Brandt", "Manager", "Europe/Berlin", "Grace Adeyemi"),
    Employee("Maya Lindholm", "AE", "America/New_York", "Grace Adeyemi"),
    Employee("Tomas Okafor", "AE", "Europe/London", "Oliver Brandt"),
    Employee("Priya Raman", "AE", "Asia/Singapore", "Grace Adeyemi"),
    Employee("Jonas Feldt", "AE", "Europe/Berlin", "Oliver Brandt"),
    Employee("Elena Duarte", "AE", "America/Los_Angeles", "Grace Adeyemi", in_slack=False),
    Employee("Curtis Vale", "AE", "America/Chicago", "Grace Adeyemi", active=False, in_slack=False),
    Employee("Aiko Tanabe", "CSM", "Asia/Tokyo", "Grace Adeyemi"),
    Employee("Ruben Castellanos", "CSM", "America/New_York", "Grace Adeyemi"),
    Employee("Hannah Weiss", "CSM", "Europe/Berlin", "Oliver Brandt"),
)


@dataclass(frozen=True, slots=True)
class Casting:
    """One customer and the part it plays."""

    name: str
    segment: str
    story: Story
    days_left: int
    """Days until its contract ends."""
    traits: frozenset[Trait] = frozenset()
    slug: str | None = None
    """For its domain, where the name makes none."""


def _cast(name: str, segment: str, story: Story, days_left: int, *traits: Trait, slug: str | None = None) -> Casting:
    return Casting(name, segment, story, days_left, frozenset(traits), slug)


_LONG_NAME: Final = (
    "The Worshipful and Amalgamated Company of Carriers, Lightermen, Bonded Warehousekeepers and "
    "General Forwarding Agents of Lower Umberglen and the Outer Tarnwick Islands (Holdings) Limited"
)

CASTINGS: Final = (
    _cast("Brandelow Freight", ENTERPRISE, Story.STEADY, 119),
    _cast("Rookhaven Bank", ENTERPRISE, Story.STEADY, 210, Trait.PARENT),
    _cast("Rookhaven Bank Iberia", MID_MARKET, Story.STEADY, 210, Trait.CHILD, Trait.BY_DOMAIN),
    _cast("Corvane Insurance", MID_MARKET, Story.STEADY, 246),
    _cast("Pellmore Textiles", MID_MARKET, Story.STEADY, 305, Trait.BY_DOMAIN),
    _cast("Ozmaric Chemicals", ENTERPRISE, Story.STEADY, 338),
    _cast("Lindqvarn Furniture", MID_MARKET, Story.STEADY, 371, Trait.BY_ID),
    _cast("Maplethorn Media", SMALL, Story.STEADY, 149),
    _cast("Thistlemoor Dairy", SMALL, Story.STEADY, 188),
    _cast("Wexcombe Motors", MID_MARKET, Story.STEADY, 420, Trait.ESCALATED),
    _cast("Yarrowdale Seeds", SMALL, Story.STEADY, 263, Trait.BY_DOMAIN),
    _cast("Bexhollow Toys", SMALL, Story.STEADY, 297),
    _cast("Larkmoss Learning", SMALL, Story.STEADY, 512),
    _cast("Tidewick Ferries", MID_MARKET, Story.STEADY, 634, Trait.OWNER_WITHOUT_SLACK),
    _cast("Galderwick Tools", SMALL, Story.STEADY, 226),
    _cast("Dellavorn Ceramics", SMALL, Story.STEADY, 355),
    _cast("Stellbrae Telecom", ENTERPRISE, Story.RENEWAL_DUE, 95),
    _cast("O'Hollin & \"D'Arvelle\" Foods", MID_MARKET, Story.RENEWAL_DUE, 61, Trait.ODD_NAME, slug="ohollin-darvelle"),
    _cast("Eddystow Marine", MID_MARKET, Story.RENEWAL_DUE, 30, Trait.OWNER_WITHOUT_SLACK),
    _cast("Caskholme Cider", SMALL, Story.RENEWAL_DUE, 7),
    _cast("Vantrisse Retail", ENTERPRISE, Story.NEAR_LIMIT, 220),
    _cast("<!channel> Widgets & Co", MID_MARKET, Story.NEAR_LIMIT, 150, Trait.ODD_NAME, slug="channel-widgets"),
    _cast("Kestrelbrook Energy", ENTERPRISE, Story.NEAR_LIMIT, 290),
    _cast("Ambleforth Robotics", MID_MARKET, Story.NEAR_LIMIT, 65),
    _cast("Merrowind Turbines", MID_MARKET, Story.NEAR_LIMIT, 330, Trait.NO_OWNER),
    _cast("Zephyrholt Drones", SMALL, Story.NEAR_LIMIT, 400),
    _cast(_LONG_NAME, MID_MARKET, Story.API_OVERAGE, 240, Trait.ODD_NAME, slug="carriers-of-umberglen"),
    _cast("Zellenport Cargo", ENTERPRISE, Story.API_OVERAGE, 160),
    _cast("Dunmarrow Shipping", MID_MARKET, Story.API_OVERAGE, 300, Trait.BY_ID),
    _cast("Pinderlow Airports", ENTERPRISE, Story.API_OVERAGE, 85),
    _cast("Windlethorpe Rail", MID_MARKET, Story.API_OVERAGE, 350, Trait.OWNER_WITHOUT_SLACK),
    _cast("Orvessa Health", ENTERPRISE, Story.COMMIT_RUNS_OUT, 190),
    _cast("Silverfenn Pharma", ENTERPRISE, Story.COMMIT_RUNS_OUT, 215),
    _cast(
        "*Bold* _Ventures_ ~Ltd~ `GmbH`", MID_MARKET, Story.COMMIT_RUNS_OUT, 175, Trait.ODD_NAME, slug="boldventures"
    ),
    _cast("Umberglen Optics", MID_MARKET, Story.COMMIT_RUNS_OUT, 200),
    _cast("Ravensholt Security", MID_MARKET, Story.COMMIT_RUNS_OUT, 232, Trait.BY_DOMAIN),
    _cast("Ampersand & Sons <Logistics>", MID_MARKET, Story.UNDERUSE, 58, Trait.ODD_NAME, slug="ampersand-sons"),
    _cast("Tarnwick Logistics", ENTERPRISE, Story.UNDERUSE, 115),
    _cast("Quillhaven Foods", MID_MARKET, Story.UNDERUSE, 24),
    _cast("شركة نخلة الوادي للشحن", MID_MARKET, Story.UNDERUSE, 87, Trait.ODD_NAME, slug="nakhlat-alwadi"),
    _cast("Northwyck Cement", MID_MARKET, Story.UNDERUSE, 140, Trait.NO_OWNER),
    _cast("Harrowmint Cosmetics", SMALL, Story.UNDERUSE, 160, Trait.OWNER_INACTIVE),
    _cast("Oakenspire Timber", ENTERPRISE, Story.UNDERUSE, 174, Trait.OWNER_WITHOUT_SLACK),
    _cast("Åkerstrøm Çelik & Zürn", ENTERPRISE, Story.FALLING, 200, Trait.ODD_NAME, slug="akerstrom-celik"),
    _cast("Aldersyke Steel", ENTERPRISE, Story.FALLING, 260),
    _cast("Cindermarsh Glass", MID_MARKET, Story.FALLING, 130),
    _cast("Inverlace Fashion", MID_MARKET, Story.FALLING, 320, Trait.BY_ID),
    _cast("Nettlecombe Travel", MID_MARKET, Story.FALLING, 75, Trait.OWNER_INACTIVE),
    _cast("Ulverbrook Water", SMALL, Story.FALLING, 340),
    _cast("Drakenfell Outdoor", MID_MARKET, Story.ONBOARDING, 351),
    _cast("Fennimarsh Paper", MID_MARKET, Story.ONBOARDING, 340),
    _cast("Juniperholt Spirits", SMALL, Story.ONBOARDING, 328),
    _cast("Pebblewick Games", SMALL, Story.ONBOARDING, 319),
    _cast("Rookhaven Bank Nordics", MID_MARKET, Story.ONBOARDING, 316, Trait.CHILD),
    _cast("Hollowmere Brewing", SMALL, Story.SILENT, 45),
    _cast("Kelstrand Windows", MID_MARKET, Story.SILENT, 100),
    _cast("Saltmarrow Fisheries", SMALL, Story.SILENT, 190),
    _cast("Quarrendale Mining", ENTERPRISE, Story.UNMATCHED, 150),
    _cast("Vellamoor Vets", SMALL, Story.UNMATCHED, 33),
    _cast("Brackenmist Tea", SMALL, Story.UNMATCHED, 280),
)
