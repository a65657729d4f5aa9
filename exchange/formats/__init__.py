"""Formats: bytes ↔ records, one module (or package) for each; nothing here opens a file, a socket or a clock.

A format is a module of this folder that has `Layout`; its name is the format's name in a layout. Each has

    class Layout(LayoutBase)                       what a layout of this format may say
    def reader(layout) -> contract.Reader          bytes → batches of records
    def writer(layout) -> contract.Writer          batches of records → bytes
    def recognise(sample, layout) -> str | None    why these bytes are of this layout
    def sniff(sample) -> contract.Sniffed | None   what the bytes say of themselves when no layout is known

and may have

    def may_fit(sample, head) -> bool              whether the layout is worth reading, by the plain words of its file
    def resembles(sample, layout) -> contract.Resemblance | None   how bytes that are not of the layout are like its files

Shared by all formats: `contract` (protocols, batches), `values` (typed values both ways), `encoding` (bytes ↔
text with evidence), `group` (lines of one thing → the thing), `registry` (formats, layouts, what a file is).
"""
