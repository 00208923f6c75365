"""A mini-Internet of our own: one TOML world, played in memory or by the kernel.

A map of the room, in the order in which a newcomer would walk:

*The world as written.* ``elements`` (what the file may say; ``http_elements``), ``topology`` (the world, and its
reading), ``numbering``, ``coherence`` and ``contracts`` (does it fit together), ``faults`` (what it
becomes under them), ``zone`` (its names), ``published`` (its gazetteer), ``conditions`` (what a link
does to packets), ``rdap``, ``looking_glass`` (over ``http_server``) and ``mail_words`` (what its servers say), ``certificates``.

*Played in memory.* ``simulated`` is the door; ``routing``, ``steps`` and ``forwarding`` are its
control and data plane (``remembered``: worked out once), ``simulated_network`` carries packets past
``simulated_links``, and probes (``simulated_probes``) past ``simulated_routers`` as bytes of
``simulated_wire``, with what routers write into them (``simulated_middleboxes``) and add to their
errors (``simulated_extensions``); ``simulated_tcp``,
``_line``, ``_script``, ``_smtp`` and ``_mail`` are its mail servers, ``_zones`` and ``_dns`` its
resolver, ``_http`` its registry and looking glass; ``simulated_course`` begins and ends faults as the clock moves,
``simulated_faults`` breaks the sender's own end.

*Played by the kernel.* ``netns`` is the door; it starts ``holder``, the first process of the lab,
which asks ``fabric`` for cables and boxes, ``wire`` (and ``wire.c``) for delays, ``bird`` (with
``_policy``, ``_session``, ``_control``) for routes, ``collector`` for MRT, ``knot`` and ``unbound``
for names, ``services`` for mail servers, the registry and the looking glass (``mail_server``, ``http_service``), ``postfix``
for a sender (``sending``, ``maillog``). ``playable`` says what it cannot play. ``live`` and ``changes`` change it while it runs; ``control``,
``state``, ``capability``, ``enclosure``, ``namespaces`` and ``convergence`` keep the house.

*Never played.* ``internet`` makes what an Internet of 78,000 networks publishes, for whoever has no
leave to share the real tables; its docstring is a map of ``internet_…``.

*The truth.* ``truth`` names what there is to know of a ``wanted_flow``, ``kernel_truth`` reads it from running kernels
(``fib``, ``neighbours``) and ``simulated_truth`` from the played tables; ``accuracy``, with
``smtp_accuracy`` and ``segment_accuracy``, holds studies against it.
"""
