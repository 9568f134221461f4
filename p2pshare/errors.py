"""The one root error and its tree. Each class docstring is fit to be shown to a user.

    P2PShareError
    ├── DomainError            a rule of lending, listing or hours says no
    │   └── PhotoRefused       a picture that cannot be shared or shown
    ├── UnknownReference       an id or name matches nothing, or more than one thing
    ├── LogError               an entry, certificate or key that nothing later can heal
    │   ├── EncodingError      bytes that are not the one canonical encoding
    │   ├── TooLarge           a fixed limit of the protocol is exceeded
    │   ├── KeyRefused         a public key that must not be used
    │   ├── SignatureRefused   a signature that does not verify
    │   ├── ChainBroken        an entry that does not follow the one before it
    │   ├── CertificateRefused a feed without a valid certificate
    │   └── ReceiptRefused     a receipt that does not prove what it says
    ├── StoreError             the ledger file
    │   ├── StoreTooNew        written by a newer p2pshare
    │   ├── StoreDamaged       SQLite or the audit found damage
    │   ├── StoreBusy          another process held the ledger for too long
    │   └── QuotaExceeded      a person or the folder has no room left
    ├── SyncError              a peer broke the sync protocol
    ├── LinkError              the link could not be made or kept (subclasses in net.link_errors)
    └── NodeError              this installation: keys, folder, lock, configuration
        ├── KeyLocked          a passphrase or PIN is needed
        │   └── TooManyTries   wrong PINs were given; the next one must wait
        └── AlreadyRunning     another process holds node.lock

Imports nothing; every layer raises from this tree. A broad ``except Exception`` has no place.
"""


class P2PShareError(Exception):
    """Something p2pshare cannot do, said in one line."""


class DomainError(P2PShareError):
    """That is not possible here."""


class PhotoRefused(DomainError):
    """That photo cannot be used."""


class UnknownReference(P2PShareError):
    """Nothing here has that id or name."""


class LogError(P2PShareError):
    """An entry was refused."""


class EncodingError(LogError):
    """The bytes are not a well-formed entry."""


class TooLarge(LogError):
    """The entry is larger than p2pshare allows."""


class KeyRefused(LogError):
    """That public key must not be used."""


class SignatureRefused(LogError):
    """The signature does not match."""


class ChainBroken(LogError):
    """The entry does not follow the one before it."""


class CertificateRefused(LogError):
    """The feed has no valid certificate."""


class ReceiptRefused(LogError):
    """The receipt does not prove what it says."""


class StoreError(P2PShareError):
    """The ledger file could not be used."""


class StoreTooNew(StoreError):
    """The ledger was written by a newer p2pshare; please update this one."""


class StoreDamaged(StoreError):
    """The ledger file is damaged."""


class StoreBusy(StoreError):
    """Another program is using the ledger; please try again."""


class QuotaExceeded(StoreError):
    """There is no room left in this ledger."""


class SyncError(P2PShareError):
    """The other computer did not keep to the protocol."""


class LinkError(P2PShareError):
    """The connection to the other computer failed."""


class NodeError(P2PShareError):
    """This installation of p2pshare has a problem."""


class KeyLocked(NodeError):
    """The key is locked; its passphrase or PIN is needed."""


class TooManyTries(KeyLocked):
    """Too many wrong PINs were given; wait before the next."""


class AlreadyRunning(NodeError):
    """p2pshare is already running on this folder."""
