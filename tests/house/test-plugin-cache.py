#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/gst_plugins_cache.json of the build has all that the plugins have: elements,
their pads, properties, signals, and each type of them. Read from the plugins by
GObject introspection; the file comes from docs/plugin-cache.c.

Usage: test-plugin-cache.py BUILD_ROOT PLUGIN...
"""
import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
from icetest import get_default, list_values  # noqa: E402
from gi.repository import GObject, Gst  # noqa: E402

TARGET = "docs/gst_plugins_cache.json"
TIMEOUT = 110  # s
MUTABLE = {"playing": 1 << 12, "paused": 1 << 11, "ready": 1 << 10}  # GST_PARAM_MUTABLE_*
DIRECTIONS = {Gst.PadDirection.SRC: "src", Gst.PadDirection.SINK: "sink"}

Gst.init(None)
BUILD, PLUGINS = Path(sys.argv[1]), sys.argv[2:]
# the modules are built: depends in meson.build
subprocess.run(["ninja", "-C", BUILD, TARGET], check=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL,
               stdout=subprocess.DEVNULL)
CACHE = json.loads((BUILD / TARGET).read_text())


def list_features(plugin, kind):
    features = Gst.Registry.get().get_feature_list_by_plugin(plugin)
    return {feature.get_name(): feature for feature in features if isinstance(feature, kind)}


def list_nicks(kind):
    if kind.is_a(GObject.TYPE_ENUM):
        return {value.value_nick: (str(number), value.value_name)
                for number, value in list_values(kind).items()}
    return {value.first_value_nick: (f"0x{number:08x}", value.first_value_name)
            for number, value in list_values(kind).items()}


class TestPluginCache(unittest.TestCase):
    def test_plugins(self):
        self.assertEqual(list(CACHE), PLUGINS)
        for name, written in CACHE.items():
            plugin = Gst.Registry.get().find_plugin(name)
            self.assertEqual(
                [written[member] for member in ("description", "license", "package", "source", "url")],
                [plugin.get_description(), plugin.get_license(), plugin.get_package(), plugin.get_source(),
                 plugin.get_origin()])
            self.assertEqual(written["filename"], "gst" + name)
            self.assertNotIn("nknown", written["url"])
            features = Gst.Registry.get().get_feature_list_by_plugin(name)
            self.assertEqual(len(features), len(list_features(name, (Gst.ElementFactory, Gst.DynamicTypeFactory))))

    def test_elements(self):
        for name, plugin in CACHE.items():
            factories = list_features(name, Gst.ElementFactory)
            self.assertEqual(sorted(plugin["elements"]), sorted(factories))
            for written in plugin["elements"].values():
                with self.subTest(written["name"]):
                    factory = factories[written["name"]].load()
                    for key in factory.get_metadata_keys():
                        self.assertEqual(written[key], factory.get_metadata(key))
                    self.assertEqual(
                        written["pad-templates"],
                        {pad.name_template: {"caps": pad.get_caps().to_string(), "direction": DIRECTIONS[pad.direction],
                                             "presence": "always"} for pad in factory.get_static_pad_templates()})
                    self.check_object(written, factory.get_element_type())

    def test_other_types(self):
        for name, plugin in CACHE.items():
            kinds = {Gst.DynamicTypeFactory.load(n) for n in list_features(name, Gst.DynamicTypeFactory)}
            for element in plugin["elements"].values():
                for spec in element["properties"].values():
                    if spec["type"].startswith("GstIce"):
                        kinds.add(GObject.type_from_name(spec["type"]))
            types = sorted(kind.name for kind in kinds)
            if name == "ice":  # a member of pairs, of no property; Python does not know its values
                types = sorted([*types, "GstIceCandidatePairState"])
                self.assertEqual([value["name"] for value in plugin["other-types"]["GstIceCandidatePairState"]["values"]],
                                 ["frozen", "waiting", "in-progress", "failed", "succeeded"])
            self.assertEqual(sorted(plugin["other-types"]), types)
            for kind in kinds:
                with self.subTest(kind.name):
                    self.check_type(plugin["other-types"][kind.name], kind)

    def check_type(self, written, kind):
        if kind.is_a(GObject.TYPE_OBJECT):
            self.assertEqual(written["kind"], "object")
            self.check_object(written, kind)
            return
        self.assertEqual(written["kind"], "enum" if kind.is_a(GObject.TYPE_ENUM) else "flags")
        self.assertEqual({value["name"]: (value["value"], value["desc"]) for value in written["values"]},
                         list_nicks(kind))

    def check_object(self, written, kind):
        self.assertEqual(written["hierarchy"][0], kind.name)
        self.assertEqual(written["hierarchy"][-1], "GObject")
        own = {spec.name: spec for spec in GObject.list_properties(kind) if spec.owner_type == kind}
        self.assertEqual(sorted(written["properties"]), sorted(own))
        for name, spec in own.items():
            with self.subTest(name):
                self.check_property(written["properties"][name], spec)
        self.assertEqual(sorted(written["signals"]), sorted(GObject.signal_list_names(kind)))
        for name, signal in written["signals"].items():
            query = GObject.signal_query(name, kind)
            self.assertEqual([argument["type"] for argument in signal["args"]],
                             [parameter.name for parameter in query.param_types])
            self.assertEqual(signal["return-type"], query.return_type.name)
            self.assertEqual("action" in signal, bool(query.signal_flags & GObject.SignalFlags.ACTION))

    def check_property(self, written, spec):
        flags = int(spec.flags)
        self.assertEqual(written["type"], spec.value_type.name)
        self.assertEqual(written["blurb"], spec.blurb)
        self.assertEqual(written["readable"], bool(flags & GObject.ParamFlags.READABLE))
        self.assertEqual(written["writable"], bool(flags & GObject.ParamFlags.WRITABLE))
        self.assertEqual(written["mutable"], next((word for word, flag in MUTABLE.items() if flags & flag), "null"))
        if hasattr(spec, "minimum"):
            self.assertEqual([written[member] for member in ("min", "max", "default")],
                             [str(spec.minimum), str(spec.maximum), str(get_default(spec))])
        elif spec.value_type.is_a(GObject.TYPE_ENUM):
            self.assertEqual(written["default"], f"{get_default(spec).value_nick} ({int(get_default(spec))})")
        elif spec.value_type.is_a(GObject.TYPE_FLAGS):
            self.assertEqual(written["default"], get_default(spec).first_value_nick or "none")
        elif spec.value_type == GObject.TYPE_BOOLEAN:
            self.assertEqual(written["default"], str(get_default(spec)).lower())
        elif spec.value_type == GObject.TYPE_STRING:
            self.assertEqual(written["default"], get_default(spec) or "NULL")


if __name__ == "__main__":
    program = unittest.main(argv=sys.argv[:1], exit=False, verbosity=2)
    sys.exit(not program.result.wasSuccessful())
