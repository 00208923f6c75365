"""Which test holds which trap of the real data, and which reads which real file.

The inventory of real data (it lies beside the project) tells what was found odd in each file. Here
each of these facts has the test that holds it, and each file the test that reads it, or the reason
why none does. The tests named must exist, and no file beside the project may be left out.
"""

import re
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

TRAPS = """
exchange point LANs in private space (2016: MOZIX)
    test_world_2016.py::test_a_private_lan_is_no_exchange_point
    datasets/test_peeringdb.py::test_the_whole_of_2016_and_its_trap
exchange point LANs in private space (CAIDA 2023: seven)
    datasets/test_real_files.py::test_lans_in_special_space_of_caidas_list_of_2023
LANs in BGP under the exchange point's own AS or a stranger's (195.66.224.1, AS4800)
    test_world_2016.py::test_a_lan_in_bgp_is_the_exchange_points_all_the_same
    test_world_2016.py::test_of_all_lans_of_2016_120_are_in_bgp_and_none_is_taken_for_it
    attribution/test_attribute.py::test_the_port_comes_before_the_stranger_who_announces_the_lan
206.81.80.40 (AS33108) and 80.249.208.1 (AS1200) in the table of 2026
    datasets/test_real_files.py::test_the_shipped_table_has_gaps_one_overlap_and_lans
ip-location-db: one overlapping pair
    datasets/test_iplocation.py::test_the_one_overlapping_pair_of_the_real_table
    tables/test_prefixes.py::test_of_overlapping_ranges_the_narrowest_decides
ip-location-db: ranges that are no prefixes
    tables/test_prefixes.py::test_a_range_answers_with_its_largest_block
ip-location-db: gaps
    datasets/test_real_files.py::test_the_shipped_table_has_gaps_one_overlap_and_lans
ip-location-db: IPv6 from registries, not from routing tables
    datasets/test_shipped_data.py::test_the_shipped_ranges_give_the_same_table_by_lines_and_in_plain_python
pfx2as: several origins by _ and sets by ,
    test_world_2016.py::test_prefixes_of_several_origins_keep_them_all
    datasets/test_pfx2as.py::test_all_origins_are_kept
serial-2 has its fourth column on rows of both kinds
    datasets/test_asrel.py::test_a_real_excerpt_of_serial_2
relationships: clique and exchange points in the heading
    datasets/test_asrel.py::test_the_clique_of_a_real_file_is_meshed_and_buys_of_nobody
    datasets/test_real_files.py::test_an_earlier_clique_was_inferred
    datasets/test_transit_free.py::test_the_clique_of_caida_holds_all_that_are_stated_for_both_families
some 300 networks without a valley-free route, though nothing failed
    test_world_2016.py::test_some_networks_have_no_valley_free_route_though_nothing_failed
MRT that loses its framing after five records
    datasets/test_mrt.py::test_torn_files_of_the_collection_give_what_is_whole
    datasets/test_mrt.py::test_lost_framing_is_said_where_it_is_lost
MRT in a bz2 stream that breaks off
    datasets/test_mrt.py::test_torn_files_of_the_collection_give_what_is_whole
    datasets/test_mrt.py::test_a_packing_that_breaks_off_gives_what_is_whole
delegation statistics: plain files of 2014 beside extended ones
    datasets/test_delegated.py::test_whole_real_files_hold_what_they_say
RDAP replies and samples hold names and mail addresses
    vantage/test_rdap_real.py::test_no_person_survives_in_what_is_kept_or_printed
    test_survivors.py::test_nothing_in_the_repository_names_a_person
RDAP: an organisation's name may need a further look-up
    vantage/test_rdap_real.py::test_as_numbers_are_read_as_their_collectors_read_them
ROAs without a header, some of them not valid, some without a length
    datasets/test_real_files.py::test_roas_without_a_header_are_judged_one_by_one
payloads with ASPA and router keys beside them
    datasets/test_real_files.py::test_payloads_with_aspa_and_router_keys_beside_them
IX-F 0.6 and 0.7, and a LAN that is none
    datasets/test_ixf.py::test_real_exports_lose_nothing
Atlas results of many firmwares
    formats/test_atlas_firmwares.py::test_results_of_every_firmware_read_as_expected
"""

NO_TEST = {
    "Received lines that must be skipped; negative delays between relays": (
        "there is no parser of Received lines yet"
    ),
    "MX networks are those of the day of their look-up, without addresses": (
        "a remark on what the labels are; no command takes networks from there"
    ),
}

READ_BY = """
dev-only/asnames/*
    datasets/test_real_files.py::test_names_in_a_list_of_objects
dev-only/asrel/20160101.as-rel.txt.xz
    datasets/test_asrel.py::test_the_clique_of_a_real_file_is_meshed_and_buys_of_nobody
dev-only/asrel/20181201*
    datasets/test_transit_free.py::test_the_clique_of_caida_holds_all_that_are_stated_for_both_families
dev-only/asrel/20210901*
    datasets/test_asrel.py::test_a_real_excerpt_of_serial_2
dev-only/coherent-2016/*
    test_world_2016.py::test_the_examples_cross_gr_ix_once
dev-only/geo/caida-hoiho-ipv4-geo*
    datasets/test_hostnames.py::test_three_letters_are_an_airport_in_four_of_five_cases_and_a_carriers_code_more_often
dev-only/geo/caida-hoiho-ipv6-geo*
    datasets/test_real_files.py::test_rules_for_names_of_ipv6
dev-only/ixf/*-clients.yml.xz
    datasets/test_real_files.py::test_members_in_the_yaml_of_a_route_servers_maker
dev-only/ixf/peeringdb_net*
    datasets/test_real_files.py::test_one_answer_of_the_api_with_everything_in_it
dev-only/ixf/*.json
    datasets/test_ixf.py::test_real_exports_lose_nothing
dev-only/ixp-2018/*
    datasets/test_peeringdb.py::test_every_row_of_2018_is_read
dev-only/ixp-2023/*
    datasets/test_real_files.py::test_lans_in_special_space_of_caidas_list_of_2023
dev-only/ixp-2026/bix-[mp]*
    datasets/test_real_files.py::test_the_ports_of_one_exchange_point_by_itself_and_by_peeringdb
dev-only/ixp-2026/*
    datasets/test_real_files.py::test_an_atlas_of_exchange_points_counts_its_members
dev-only/peeringdb-api-2026/[!c]*
    datasets/test_peeringdb.py::test_every_row_of_todays_pages_is_read
dev-only/rdap/*
    vantage/test_rdap_real.py::test_as_numbers_are_read_as_their_collectors_read_them
dev-only/rpki/*
    datasets/test_real_files.py::test_payloads_of_the_ripe_validator
dev-only/traceroute/atlas*
    formats/test_atlas_firmwares.py::test_results_of_every_firmware_read_as_expected
dev-only/traceroute/traixroute*
    test_world_2016.py::test_the_examples_cross_gr_ix_once
open/asnames/*
    datasets/test_shipped_data.py::test_names_are_many_enough_to_be_of_use
open/geo/*.csv*
    datasets/test_shipped_data.py::test_the_manifest_is_that_of_the_files
open/iana/*special*
    datasets/test_iana_special.py::test_our_own_table_agrees_with_the_registry_at_every_edge
open/iana/*space*
    datasets/test_iana_special.py::test_ipv6_space_is_told_without_gap_or_overlap
open/mrt/*
    datasets/test_mrt.py::test_it_reads_large_files_as_bgpdump_does
open/mx/mxsniff*
    datasets/test_providers.py::test_what_is_shipped_names_no_one
open/mx/swiss*
    datasets/test_providers.py::test_swiss_municipalities_by_the_shipped_patterns
open/mx/parsedmarc*
    datasets/test_providers.py::test_swiss_municipalities_with_the_table_of_base_domains_too
open/prefix2as/ip-location*
    datasets/test_shipped_data.py::test_well_known_addresses_are_attributed
open/prefix2as/routeviews*
    test_world_2016.py::test_prefixes_of_several_origins_keep_them_all
open/rdap/*
    vantage/test_rdap_real.py::test_networks_and_numbers_are_read_and_others_are_refused_for_what_they_are
open/rir/*
    datasets/test_delegated.py::test_whole_real_files_hold_what_they_say
open/rpki/roa*
    datasets/test_real_files.py::test_roas_without_a_header_are_judged_one_by_one
open/rpki/stayrtr*
    datasets/test_real_files.py::test_payloads_with_aspa_and_router_keys_beside_them
open/traceroute/dublin*
    formats/test_dublin.py::test_one_flow_as_it_went
open/traceroute/mlab*
    formats/test_scamper.py::test_mda_of_a_measurement_lab
open/traceroute/pantrace*
    formats/test_all_readers.py::test_a_sample_holds_traces
"""
"""The first pattern that fits counts. What is shipped, or a sample, was made from the file."""

NOT_READ = {
    "INVENTORY.md": "the inventory itself",
    "*LICENSE*": "terms",
    "dev-only/asrel/*ppdc*": "customer cones: nothing here computes any",
    "dev-only/email/*": "messages: there is no parser of Received lines yet",
    "dev-only/geo/caida-hoiho-clli.json": "states of CLLI codes: no rule for names asks for them",
    "dev-only/peeringdb-api-2026/carrier*": "carriers of houses: no question asks for them",
    "dev-only/topology/*": "inner networks of two carriers: nothing draws or plays them",
    "open/dmarc-tlsrpt/*": "mail policy reports: no reader yet",
    "open/email/*": "there is no parser of Received lines yet",
    "open/geo/*.json": "coast lines: no map yet",
    "open/iana/dns.json.xz": "registries of domain names: no domain's holder is asked for",
    "open/mta-sts/*": "mail policies: no reader yet",
    "open/mx/nordic*": "look-ups without labels of providers: nothing to be held against",
    "open/psl/*": "the Public Suffix List: nothing asks for registered domains yet",
    "open/spf/*": "mail policies: no reader yet",
    "open/topology/*": "backbones of fibre: nothing draws or plays them",
}


def table(text: str) -> dict[str, tuple[str, ...]]:
    """What stands at the margin, and the tests that stand indented below it."""
    blocks = re.findall(r"^(\S.*)\n((?: +.*\n)+)", text, re.MULTILINE)
    assert len(blocks) == len(re.findall(r"^\S", text, re.MULTILINE))
    return {what: tuple(tests.split()) for what, tests in blocks}


@cache
def names_in(file: str) -> frozenset[str]:
    return frozenset(re.findall(r"^def (test_\w+)\(", (TESTS / file).read_text(), re.MULTILINE))


def test_every_trap_and_every_file_names_tests_that_exist() -> None:
    tables = (table(TRAPS), table(READ_BY))
    assert all(tests for each in tables for tests in each.values())
    named = [test for each in tables for tests in each.values() for test in tests]
    lost = [test for test in named if test.split("::")[1] not in names_in(test.split("::")[0])]
    assert lost == []
    assert not table(TRAPS).keys() & NO_TEST.keys()


def test_every_real_file_is_read_or_says_why_not(dev_only: Path) -> None:
    root = dev_only.parent
    files = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    patterns = (*table(READ_BY), *NOT_READ)
    left_out = [name for name in files if not any(fnmatch(name, each) for each in patterns)]
    assert len(files) > 150
    assert left_out == []
    idle = [each for each in patterns if not any(fnmatch(name, each) for name in files)]
    assert idle == []


@pytest.mark.parametrize("what", ["as2org", "iptoasn", "ip2asn", "as-org2info", "geofeed"])
def test_of_these_data_sets_no_real_file_is_at_hand(dev_only: Path, what: str) -> None:
    """They are read from the form that their publishers describe; here one would show up."""
    assert [path for path in dev_only.parent.rglob("*") if what in path.name.lower()] == []
