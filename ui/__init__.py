"""The Qt client, installed as ``p2pshare.ui``.

It imports the types of ``p2pshare.domain`` and the node facade, and nothing else of the core.
Inside this folder its own modules are imported relatively and the core's absolutely.
"""
