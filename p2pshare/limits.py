"""Every limit of DESIGN section 13, as named constants: the one place where a number is a rule.

Limits that belong to the protocol are fixed: two nodes that disagreed on them would not converge.
The others are defaults, which ``node.config`` lets a person change. This module imports nothing.
"""

from typing import Final

# --- fixed by the protocol -----------------------------------------------------------------
HEADER_BYTES_MAX: Final = 640
BODY_BYTES_MAX: Final = 16 * 1024
STRETCH_ENTRIES_MAX: Final = 512
MESSAGE_BYTES_MAX: Final = 1024 * 1024
HEADS_PER_MESSAGE_MAX: Final = 4096
AFTER_ENTRIES_MAX: Final = 4
KIND_CHARACTERS_MAX: Final = 32
INTEGER_MAX: Final = 2**53
SEALED_READERS_MAX: Final = 8
ERASED_ENTRIES_PER_BODY_MAX: Final = 256
WANTED_FEEDS_PER_MESSAGE_MAX: Final = 64
WANTED_ENTRIES_PER_MESSAGE_MAX: Final = 256
WANTED_IDS_PER_MESSAGE_MAX: Final = 28_000
TIPS_PER_MESSAGE_MAX: Final = 16_384
RANGES_PER_MESSAGE_MAX: Final = 4096
STRETCHES_PER_MESSAGE_MAX: Final = 1024
CIRCLE_TAGS_MULTIPLE: Final = 16
CIRCLE_TAGS_MAX: Final = 64
PROMISE_TAG_BYTES: Final = 8
BLOB_BYTES_MAX: Final = 512 * 1024
SCOPE_ITEMS_MAX: Final = 64
PAYLOAD_NESTING_MAX: Final = 32

# --- text (characters after NFC) -----------------------------------------------------------
PERSON_NAME_CHARACTERS_MAX: Final = 60
TITLE_CHARACTERS_MAX: Final = 120
DESCRIPTION_CHARACTERS_MAX: Final = 4000
NOTE_CHARACTERS_MAX: Final = 1000
CATEGORY_CHARACTERS_MAX: Final = 60
TAG_CHARACTERS_MAX: Final = 40
TAGS_MAX: Final = 12
PHOTOS_MAX: Final = 8
TERMS_MAX: Final = 12
TRANSACTION_TYPES_MAX: Final = 8
QUANTITY_MAX: Final = 100_000
MINUTES_PER_PAYMENT_MAX: Final = 10_000 * 60
BUSY_PERIODS_MAX: Final = 200
HOLDS_MAX: Final = 200
PARTS_MAX: Final = 40
WITNESSES_MAX: Final = 16
SHARES_MAX: Final = 32
DAY_MINUTES: Final = 24 * 60
BUFFER_MINUTES_MAX: Final = 31 * 24 * 60
RENEWALS_MAX: Final = 100
HOLD_HOURS_DEFAULT: Final = 48
HOLD_HOURS_MAX: Final = 31 * 24
REPEATED_MOVES_MAX: Final = 16

# --- photos ---------------------------------------------------------------------------------
PHOTO_SIDE_MAX: Final = 1280
PHOTO_FILE_BYTES_MAX: Final = 32 * 1024 * 1024
PHOTO_PIXELS_MAX: Final = 36_000_000
PHOTO_SCALED_PIXELS_MAX: Final = 65_000_000
PHOTO_SCANS_MAX: Final = 64
THUMBNAIL_SIDE: Final = 256
UNUSED_PHOTO_SECONDS_MAX: Final = 24 * 60 * 60
OTHERS_PHOTOS_BYTES_MAX: Final = 1024 * 1024 * 1024
WANTED_PHOTOS_MAX: Final = 256

# --- the link, before the welcome (DESIGN section 8) ----------------------------------------
HANDSHAKE_SECONDS_MAX: Final = 5.0
HANDSHAKE_BYTES_MAX: Final = 4 * 1024
UNWELCOMED_SOCKETS_MAX: Final = 32
UNWELCOMED_SOCKETS_PER_ADDRESS_MAX: Final = 4

# --- links and wants ------------------------------------------------------------------------
DIALLED_LINKS_MAX: Final = 8
ACCEPTED_LINKS_MAX: Final = 32
FEEDS_IN_FLIGHT_MAX: Final = 64
WANT_SECONDS_MAX: Final = 5.0
WANT_SECONDS_TOTAL_MAX: Final = 60.0
WANTS_QUEUED_MAX: Final = 256
WANTED_IDS_QUEUED_MAX: Final = 60_000
READS_QUEUED_MAX: Final = 1024
STORES_PER_LINK_MAX: Final = 4
UNSENT_MESSAGES_MAX: Final = 2
STRETCHES_BYTES_AIM: Final = 256 * 1024
PUSH_ENTRIES_MAX: Final = 8
PUSH_BYTES_MAX: Final = 64 * 1024
REFUSED_STRETCHES_PER_LINK_MAX: Final = 16
STRANGE_FEEDS_PER_LINK_MAX: Final = 131_072
STANDING_REQUESTS_PER_LINK_MAX: Final = 4096
BLOBS_IN_FLIGHT_MAX: Final = 4
CIRCLES_MESSAGES_PER_LINK_MAX: Final = 64
ANSWER_BYTES_PER_MINUTE_MAX: Final = 64 * 1024 * 1024

# --- storage: defaults, configurable --------------------------------------------------------
PERSON_ENTRIES_MAX: Final = 20_000
PERSON_BYTES_MAX: Final = 32 * 1024 * 1024
FOLDER_BYTES_MAX: Final = 4 * 1024 * 1024 * 1024

# --- hours: defaults, a setting of the folder -----------------------------------------------
HOURS_SOFT_LIMIT_MINUTES_DEFAULT: Final = 10 * 60
HOURS_HARD_LIMIT_MINUTES_DEFAULT: Final = 20 * 60
OVERSPENDING_LINES_MAX: Final = 64
"""Of how many lines of payments of one person it is told apart what each knew of the others."""

# --- agreements -----------------------------------------------------------------------------
DISPUTE_DAYS_AFTER_CLOSING: Final = 14
RECEIPT_MOVES_MAX: Final = 64
RECEIPT_OPENINGS_MAX: Final = 64
RECEIPT_BYTES_MAX: Final = 4 * 1024 * 1024
LOAN_DAYS_DEFAULT: Final = 7
LOAN_DAYS_MAX: Final = 3660
SESSION_MINUTES_DEFAULT: Final = 60
SESSION_MINUTES_MAX: Final = 24 * 60

# --- matching, demand, impact ---------------------------------------------------------------
MATCHES_PER_WANT_MAX: Final = 10
WANTS_MATCHED_MAX: Final = 200
MATCHED_PREFIX_LETTERS_MIN: Final = 3
SAVED_SEARCHES_MAX: Final = 100
SYNONYMS_BYTES_MAX: Final = 256 * 1024
SYNONYMS_PER_GROUP_MAX: Final = 32
DEMAND_PEOPLE_MIN: Final = 3
IMPACT_ANSWERS_MIN: Final = 5
ASSUMPTIONS_BYTES_MAX: Final = 64 * 1024

# --- lists from other programs --------------------------------------------------------------
LIST_BYTES_MAX: Final = 64 * 1024 * 1024
LIST_ROWS_MAX: Final = 50_000
LIST_COLUMNS_MAX: Final = 500

# --- what was before, from other programs ----------------------------------------------------
HISTORY_TEXT_CHARACTERS_MAX: Final = 200
HISTORY_ROWS_PER_BODY_MAX: Final = 1000

# --- PINs at a desk --------------------------------------------------------------------------
PIN_DIGITS_MIN: Final = 4
PIN_DIGITS_MAX: Final = 8
PIN_TRIES_FREE: Final = 5
PIN_WAIT_FIRST_MS: Final = 60 * 1000
PIN_WAIT_MAX_MS: Final = 60 * 60 * 1000
PIN_OPEN_SECONDS_MAX: Final = 120.0
