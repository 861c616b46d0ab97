"""What docs/cluster.md gives people to copy is well-formed, and says what this version says."""

import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs/cluster"


def test_every_file_is_told_of_and_every_link_leads_somewhere():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / "docs/cluster.md").read_text())
    assert {ROOT / "docs" / link for link in links if link.startswith("cluster/")} == set(DOCS.iterdir())
    links += re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / "docs/security.md").read_text())
    assert all((ROOT / "docs" / link).exists() for link in links)


@pytest.mark.parametrize("script", sorted(DOCS.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_parse_and_are_executable(script):
    subprocess.run(["bash", "-n", script], check=True)
    assert script.stat().st_mode & 0o111


def test_the_ray_job_is_yaml_of_this_ray():
    job = YAML(typ="safe").load(DOCS / "rayjob.yaml")
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    cluster = job["spec"]["rayClusterSpec"]
    assert cluster["rayVersion"] == version("ray")
    assert {"headGroupSpec", "workerGroupSpecs", "authOptions"} <= set(cluster)


def test_a_script_without_a_token_says_what_to_do(tmp_path):
    done = subprocess.run(
        [DOCS / "by-hand.sh", "join", "127.0.0.1"],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ray get-auth-token --generate" in done.stderr
